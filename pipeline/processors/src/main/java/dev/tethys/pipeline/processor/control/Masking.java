package dev.tethys.pipeline.processor.control;

import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.privacy.PersonalData;
import dev.tethys.pipeline.privacy.TelemetryTexts;
import org.jspecify.annotations.Nullable;

/** Masks the items of one batch for a control. */
final class Masking {
  private final PersonalData data;
  private final boolean observe;
  private final ActiveControl.Tally tally;
  private @Nullable ResourceGroup<?> last;
  private boolean found;

  /**
   * Creates the masking of a batch.
   *
   * @param observe whether findings are only counted
   */
  Masking(PersonalData data, boolean observe, ActiveControl.Tally tally) {
    this.data = data;
    this.observe = observe;
    this.tally = tally;
  }

  /**
   * Masks the item that a cursor is at.
   *
   * @param withResource whether attributes of its resource are also masked, which all items share
   */
  void mask(Signal signal, Cursor at, boolean withResource) {
    ResourceGroup<?> r = at.resource();
    if (withResource && r != last) {
      last = r;
      tally.changed |= TelemetryTexts.edit(r.resource().attributes(), this::edit);
    }
    found = false;
    tally.changed |=
        switch (signal) {
          case LOGS -> TelemetryTexts.editItem(at.log(), this::edit);
          case TRACES -> TelemetryTexts.editItem(at.span(), this::edit);
          case METRICS -> TelemetryTexts.edit(at.point(), this::edit);
          case PROFILES -> false;
        };
    tally.masked += found ? 1 : 0;
  }

  private String edit(String field, String text) {
    String masked = data.masked(text, (f, part) -> "****");
    if (masked.equals(text)) {
      return text;
    }
    found = true;
    return observe ? text : masked;
  }
}
