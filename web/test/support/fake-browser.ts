// Imported before the page's modules: some look at the browser as they are loaded.

/** What the page needs of a browser's call, answered by the test. */
export class FakeCall extends EventTarget {
  static made: FakeCall[] = [];
  readonly upload = new EventTarget();
  readonly headers = new Map<string, string>();
  status = 0;
  responseText = "";
  retryAfter: string | null = null;
  aborted = false;
  open(): void {}
  setRequestHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }
  getResponseHeader(): string | null {
    return this.retryAfter;
  }
  send(): void {
    FakeCall.made.push(this);
  }
  abort(): void {
    this.aborted = true;
  }
  answer(status: number, body: string): void {
    Object.assign(this, { status, responseText: body });
    this.end("load");
  }
  fail(): void {
    this.end("error");
  }
  private end(kind: string): void {
    this.dispatchEvent(new Event(kind));
    this.dispatchEvent(new Event("loadend"));
  }
}
/** The page, in sight or not. */
class FakePage extends EventTarget {
  hidden = false;
  show(shown: boolean): void {
    this.hidden = !shown;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}
export const page = new FakePage();

/** The page's stream of events, told by the test. */
export class FakeStream extends EventTarget {
  static opened: FakeStream[] = [];
  closed = false;
  constructor() {
    super();
    FakeStream.opened.push(this);
  }
  tell(type: string, data: object = {}): void {
    if (!this.closed) this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
  close(): void {
    this.closed = true;
  }
}

/** Whether the machine has a network. */
export const network = { onLine: true };
// Newer Node has one of its own, which cannot be assigned to.
Object.defineProperty(globalThis, "navigator", { value: network });

Object.assign(globalThis, {
  document: page,
  window: new EventTarget(),
  location: { origin: "http://127.0.0.1" },
  XMLHttpRequest: FakeCall,
  EventSource: FakeStream,
});
