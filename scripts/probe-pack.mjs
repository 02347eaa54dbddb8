import { rolldown } from "rolldown";
const [,, input, out]=process.argv;
const b=await rolldown({input, platform:"node", external:[/onnxruntime/,/sharp/,/\.node$/,/piscina/, /lz4|pino-pretty|thread-stream/], onLog(l,log){ if(l==="warn") console.log(log.code, String(log.message).slice(0,150)); }});
const r=await b.write({dir:out, format:"esm", codeSplitting: true});
console.log(r.output.map(o=>o.fileName+" "+((o.code||o.source||"").length/1e3|0)+"k").slice(0,10).join("\n"), r.output.length);
