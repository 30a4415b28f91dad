package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.RecordedEvent;
import java.util.Arrays;

/** Events as lines of JSON. */
final class Lines {
  private Lines() {}

  static byte[] of(RecordedEvent event) {
    byte[] json = event.json();
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }
}
