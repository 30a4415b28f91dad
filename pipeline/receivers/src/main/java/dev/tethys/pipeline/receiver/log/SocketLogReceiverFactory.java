package dev.tethys.pipeline.receiver.log;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code tcplog} and {@code udplog} receivers. */
public final class SocketLogReceiverFactory
    implements ReceiverFactory<SocketLogReceiverFactory.Settings> {
  /** Receiver settings. */
  public record Settings(LogSettings common, SocketLogSettings socket) {}

  private final String type;
  private final Section section;
  private final LogSettings.Keys common;
  private final SocketLogSettings.Keys socket;

  private SocketLogReceiverFactory(String type, boolean tcp) {
    this.type = type;
    this.section = new Section(type, "Records that come over " + (tcp ? "TCP." : "UDP."));
    this.common = new LogSettings.Keys(section, false);
    this.socket = new SocketLogSettings.Keys(section, tcp);
  }

  /** Creates TCP receivers. */
  public static SocketLogReceiverFactory tcp() {
    return new SocketLogReceiverFactory("tcplog", true);
  }

  /** Creates UDP receivers. */
  public static SocketLogReceiverFactory udp() {
    return new SocketLogReceiverFactory("udplog", false);
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public List<String> aliases() {
    return List.of(type.equals("tcplog") ? "tcp_log" : "udp_log");
  }

  @Override
  public String about() {
    return "Takes lines over " + (type.equals("tcplog") ? "TCP" : "UDP") + ", with operators.";
  }

  @Override
  public Type<Settings> settings() {
    return section.type(o -> new Settings(common.read(o), socket.read(o)));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return new SocketLogReceiver(
        List.of(s.socket),
        SocketLogReceiver.Framing.LINES,
        output(s.common, outputs, context),
        context);
  }

  static LogOutput output(LogSettings s, Map<Signal, Consumer> outputs, Context context) {
    return new LogOutput(
        Objects.requireNonNull(outputs.get(Signal.LOGS)),
        s,
        context.clock(),
        context.logger(),
        context.name(),
        context.metrics());
  }
}
