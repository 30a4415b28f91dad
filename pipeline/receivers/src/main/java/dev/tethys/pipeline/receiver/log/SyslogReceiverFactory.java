package dev.tethys.pipeline.receiver.log;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.operators.SyslogOperator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code syslog} receivers. */
public final class SyslogReceiverFactory
    implements ReceiverFactory<SyslogReceiverFactory.Settings> {
  /** Receiver settings. */
  public record Settings(
      LogSettings common, List<SocketLogSettings> sockets, SocketLogReceiver.Framing framing) {}

  private static final Section TCP = new Section("tcp", "Syslog messages over TCP.");
  private static final SocketLogSettings.Keys TCP_KEYS = new SocketLogSettings.Keys(TCP, true);
  private static final Section UDP = new Section("udp", "Syslog messages over UDP.");
  private static final SocketLogSettings.Keys UDP_KEYS = new SocketLogSettings.Keys(UDP, false);

  private static final Section SECTION = new Section("syslog", "Receives syslog messages.");
  private static final Key<SocketLogSettings> TCP_KEY =
      SECTION.optional("tcp", TCP.type(TCP_KEYS::read), "Syslog messages over TCP.");
  private static final Key<SocketLogSettings> UDP_KEY =
      SECTION.optional("udp", UDP.type(UDP_KEYS::read), "Syslog messages over UDP.");
  private static final Key<String> ON_ERROR =
      SECTION.key(
          "on_error",
          Type.oneOf("on_error", List.of("send", "send_quiet", "drop", "drop_quiet")),
          "send",
          "Handling of messages that cannot be parsed.");
  private static final SyslogOperator.Keys SYSLOG = new SyslogOperator.Keys(SECTION);
  private static final LogSettings.Keys COMMON = new LogSettings.Keys(SECTION, false);

  @Override
  public String type() {
    return "syslog";
  }

  @Override
  public String about() {
    return "Takes messages of syslog (RFC 5424, RFC 3164) over TCP, TLS and UDP, with operators.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(SyslogReceiverFactory::read);
  }

  private static Settings read(YamlObject o) {
    List<SocketLogSettings> sockets = new ArrayList<>();
    SocketLogSettings tcp = o.find(TCP_KEY);
    SocketLogSettings udp = o.find(UDP_KEY);
    if (tcp != null) {
      sockets.add(tcp);
    }
    if (udp != null) {
      sockets.add(udp);
    }
    if (sockets.isEmpty()) {
      throw o.error("syslog needs tcp or udp with a listen_address");
    }
    SyslogOperator s = SYSLOG.read(o);
    if (tcp != null && tcp.records() != null && s.counted()) {
      throw o.error(
          TCP_KEY,
          "multiline cannot be combined with enable_octet_counting, which defines the end of each message");
    }
    int end = SYSLOG.endsWithNul(o) ? 0 : '\n';
    // The text after an octet count is parsed without the count.
    SyslogOperator bare = new SyslogOperator(s.format(), s.zone(), s.skipPriority(), false);
    return new Settings(
        COMMON.read(o, bare.first(o.node(), o.get(ON_ERROR))),
        List.copyOf(sockets),
        new SocketLogReceiver.Framing(end, s.counted() ? SYSLOG.maxOctets(o) : 0));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return new SocketLogReceiver(
        s.sockets, s.framing, SocketLogReceiverFactory.output(s.common, outputs, context), context);
  }
}
