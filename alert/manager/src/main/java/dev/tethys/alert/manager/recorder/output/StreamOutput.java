package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.RecordedEvent;
import java.io.IOException;
import java.io.OutputStream;

/** Writes each event as a line of JSON to the standard output, which stays open. */
final class StreamOutput implements EventOutput {
  private final OutputStream out;

  StreamOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public int send(RecordedEvent event) throws IOException {
    byte[] line = EventLines.of(event);
    out.write(line); // as a whole, so that lines of the log do not come between
    out.flush();
    return line.length;
  }

  @Override
  public void close() {
    // the process's own
  }
}
