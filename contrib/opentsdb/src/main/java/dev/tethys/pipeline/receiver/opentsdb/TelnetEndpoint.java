package dev.tethys.pipeline.receiver.opentsdb;

import dev.tethys.codec.opentsdb.DataPoint;
import dev.tethys.codec.opentsdb.PutReader;
import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.receiver.points.MessageListener;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.web.socket.LineInput;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * OpenTSDB's telnet interface: {@code put}, which only responds to failures, and {@code version},
 * {@code help}, {@code exit}.
 */
final class TelnetEndpoint implements MessageListener.Handler<TelnetEndpoint.Lines> {
  /** Lines received over a connection, and where replies are sent. */
  record Lines(LineInput in, OutputStream out, long lane) {}

  /** OpenTSDB's own limit is 1024. */
  static final int MAX_LINE = 8 << 10;

  private static final String TRANSPORT = "telnet";

  private final PointConsumer to;
  private final PointNames names;
  private final PointTally tally;

  TelnetEndpoint(PointConsumer to, PointNames names, PointTally tally) {
    this.to = to;
    this.names = names;
    this.tally = tally;
  }

  /** Messages of connections: lines, as many as have come. */
  static MessageListener.Input<Lines> open(Socket connection) throws IOException {
    LineInput in = new LineInput(connection.getInputStream(), MAX_LINE);
    Lines lines =
        new Lines(
            in, connection.getOutputStream(), PipelinePoints.lane(connection.getInetAddress()));
    return new MessageListener.Input<>() {
      @Override
      public @Nullable Lines next() throws IOException {
        return in.next() ? lines : null;
      }

      @Override
      public void close() {
        in.close();
      }
    };
  }

  @Override
  public boolean take(Lines of) throws IOException, InterruptedException {
    LineInput in = of.in;
    boolean more = true;
    StringBuilder answer = new StringBuilder();
    RejectedItems refusals = new RejectedItems();
    try (ByteBudget.Reservation held = ByteBudget.process().open();
        Points p = to.open(of.lane, Metadata.NONE)) {
      held.awaitLong(PointSockets.POINT_FACTOR * in.length());
      String text = new String(in.buffer(), in.offset(), in.length(), StandardCharsets.UTF_8);
      for (String line : text.split("\n")) {
        String l = line.strip();
        if (l.equals("exit")) {
          more = false;
          break;
        }
        command(l, p, answer, refusals);
      }
      PointSockets.deliver(p, tally, TRANSPORT);
    }
    tally.refused(TRANSPORT, refusals);
    if (!answer.isEmpty()) {
      of.out.write(answer.toString().getBytes(StandardCharsets.UTF_8));
    }
    return more;
  }

  @Override
  public void refused(String reason) {
    tally.refused(TRANSPORT, 1, reason);
  }

  private void command(String line, Points p, StringBuilder answer, RejectedItems refusals) {
    int end = 0;
    while (end < line.length() && !Character.isWhitespace(line.charAt(end))) {
      end++;
    }
    switch (line.substring(0, end)) {
      case "" -> {
        // an empty line
      }
      case "put" -> {
        String reason = put(line, p);
        if (reason != null) {
          answer.append("put: ").append(reason).append('\n');
          refusals.add(refusals.count() + 1, line, reason);
        }
      }
      case "version" -> answer.append("net.opentsdb tsdb 2.4 compatible: Tethys\n");
      case "help" -> answer.append("available commands: exit help put version\n");
      default -> answer.append("unknown command: ").append(line, 0, end).append(".  Try `help'.\n");
    }
  }

  private @Nullable String put(String line, Points p) {
    DataPoint point;
    try {
      point = PutReader.line(line);
    } catch (IllegalArgumentException e) {
      return "illegal argument: " + e.getMessage();
    }
    return point.put(names, p);
  }
}
