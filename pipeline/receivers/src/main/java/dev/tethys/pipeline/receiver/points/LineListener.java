package dev.tethys.pipeline.receiver.points;

import dev.tethys.web.socket.HandlerSlot;
import dev.tethys.web.socket.LineInput;
import dev.tethys.web.socket.PassingListener;
import dev.tethys.web.socket.StreamListener;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;

/** Listener for lines over TCP. Another handler takes over between two lines of a connection. */
final class LineListener implements PassingListener<LineHandler> {
  private static final Duration LAST = Duration.ofSeconds(1);

  /** Settings that cannot change while connections stay open. */
  record Settings(StreamListener.Options options, int maxLine) {}

  private final HandlerSlot<LineHandler> slot;
  private final StreamListener streams;

  private LineListener(HandlerSlot<LineHandler> slot, StreamListener streams) {
    this.slot = slot;
    this.streams = streams;
  }

  /**
   * Starts listening.
   *
   * @param maxLine longest line in bytes
   * @throws IOException if the address is malformed or not available
   */
  static LineListener start(StreamListener.Options options, int maxLine, LineHandler handler)
      throws IOException {
    HandlerSlot<LineHandler> slot = new HandlerSlot<>(handler);
    return new LineListener(slot, StreamListener.start(options, s -> read(s, maxLine, slot)));
  }

  private static void read(Socket s, int maxLine, HandlerSlot<LineHandler> slot)
      throws IOException, InterruptedException {
    try (LineInput in = new LineInput(s.getInputStream(), maxLine)) {
      long lane = PipelinePoints.lane(s.getInetAddress());
      long tooLong = 0;
      boolean more = true;
      while (more) {
        more = in.next();
        long use = slot.enter();
        try {
          LineHandler h = slot.handler();
          if (h == null) {
            return;
          }
          if (more) {
            h.line(in.buffer(), in.offset(), in.length(), lane);
          }
          if (in.tooLong() > tooLong) {
            h.tooLong(in.tooLong() - tooLong);
            tooLong = in.tooLong();
          }
        } finally {
          slot.exit(use);
        }
      }
    }
  }

  @Override
  public boolean hold() {
    return slot.hold(LAST);
  }

  @Override
  public void serve(LineHandler next) {
    slot.serve(next);
  }

  @Override
  public int port() {
    return streams.port();
  }

  @Override
  public void close() {
    slot.close();
    streams.close();
  }
}
