package dev.tethys.pipeline.web;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.privacy.PersonalData;
import dev.tethys.pipeline.privacy.TelemetryTexts;
import dev.tethys.web.HttpException;

/** Access that API readers have to the data of a graph. */
public enum TapAccess {
  /** Nothing. */
  NONE,

  /** Records with detected personal data and credentials masked. */
  MASKED,

  /** Records without masking. */
  PLAIN;

  private static final PersonalData DATA = PersonalData.all();

  /** Access by flags: whether there is any, and whether data is unmasked. */
  public static TapAccess of(boolean enabled, boolean plain) {
    return !enabled ? NONE : plain ? PLAIN : MASKED;
  }

  void check() {
    if (this == NONE) {
      throw new HttpException(
          403, "live tap is disabled; start with --web.enable-tap to enable it");
    }
  }

  /** Returns a text as seen by readers. */
  public String masked(String text) {
    return this == PLAIN ? text : DATA.masked(text, (f, found) -> "<" + f.detector().word() + ">");
  }

  /** Masks the strings of a tree. */
  void mask(Telemetry<?> tree) {
    if (this != PLAIN) {
      TelemetryTexts.edit(tree, (field, text) -> masked(text));
    }
  }

  /**
   * Returns the message of a shared OTLP batch.
   *
   * @throws dev.tethys.codec.CodecException if its bytes are malformed
   */
  byte[] masked(Batch b) {
    if (this == PLAIN || b.signal() == Signal.PROFILES) {
      return b.body();
    }
    Telemetry<?> tree = b.takeTree();
    mask(tree);
    return new OtlpWriter().write(tree);
  }
}
