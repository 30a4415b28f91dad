package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.RecordedEvent;
import java.util.Arrays;

/** Events as lines of JSON. */
final class EventLines {
  private EventLines() {}

  static byte[] of(RecordedEvent event) {
    byte[] json = event.json();
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }
}
