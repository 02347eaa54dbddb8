import { useEffect, useRef, useState } from "react";
import { t } from "../messages/index.js";
import { Button } from "../ui/Button.js";
import { Window } from "../ui/Window.js";

interface Properties {
  onClose(): void;
  onPicture(file: File): void;
}

/** Photographs a film on a light box. */
export function CameraWindow({ onClose, onPicture }: Properties) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let stream: MediaStream | undefined;
    let over = false;
    const wanted = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1920 } };
    // Absent where the page does not come over HTTPS or from the own machine.
    (navigator.mediaDevices?.getUserMedia({ video: wanted }) ?? Promise.reject(new Error())).then(
      (opened) => {
        stream = opened;
        if (over) for (const track of opened.getTracks()) track.stop();
        else if (video.current !== null) video.current.srcObject = opened;
      },
      () => setProblem(t("camera.none")),
    );
    return () => {
      over = true;
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);

  const shoot = () => {
    const { current: picture } = video;
    if (picture === null || picture.videoWidth === 0) return;
    const canvas = document.createElement("canvas");
    canvas.width = picture.videoWidth;
    canvas.height = picture.videoHeight;
    const context = canvas.getContext("2d");
    if (context === null) return;
    // A film has no colours: what the lamp adds is left out.
    context.filter = "grayscale(1)";
    context.drawImage(picture, 0, 0);
    canvas.toBlob((blob) => {
      if (blob !== null) onPicture(new File([blob], t("camera.name"), { type: "image/png" }));
    }, "image/png");
  };

  return (
    <Window title={t("start.camera")} open onClose={onClose} wide>
      {problem === undefined ? (
        <>
          <video ref={video} className="camera" autoPlay playsInline muted aria-label={t("camera.view")} />
          <p className="faint">{t("camera.hint")}</p>
          <div className="window-actions">
            <Button kind="primary" icon="camera" onClick={shoot}>
              {t("camera.shoot")}
            </Button>
          </div>
        </>
      ) : (
        <p role="alert">{problem}</p>
      )}
    </Window>
  );
}
