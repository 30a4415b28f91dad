package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Pattern;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** Queries a DNS server and checks its response. */
final class DnsProber implements Prober {
  private static final int PORT = 53;
  private static final int TLS_PORT = 853;
  private static final int MAX_MESSAGE = 65_535;
  private static final String DURATION = "probe_dns_duration_seconds";
  private static final String DURATION_HELP = "Duration of DNS request by phase";

  /** A message, and its response time after connecting, in nanoseconds. */
  private record Reply(Message message, long nanos) {}

  @Override
  public boolean probe(String target, Module module, ProbeAttempt attempt) throws IOException {
    DnsModule m = module.dns();
    for (String phase : List.of("resolve", "connect", "request")) {
      attempt.found.gauge(DURATION, DURATION_HELP, "phase", phase, 0);
    }
    attempt
        .found
        .gauge(
            "probe_dns_answer_rrs",
            "Returns number of entries in the answer resource record list",
            0)
        .gauge(
            "probe_dns_authority_rrs",
            "Returns number of entries in the authority resource record list",
            0)
        .gauge(
            "probe_dns_additional_rrs",
            "Returns number of entries in the additional resource record list",
            0)
        .gauge(
            "probe_dns_query_succeeded",
            "Displays whether or not the query was executed successfully",
            0);
    if (m.queryName().isEmpty()) {
      return attempt.fails("query name must be set for DNS module");
    }
    ProbeAttempt.HostPort at = ProbeAttempt.HostPort.of(target);
    if (at == null) {
      at = new ProbeAttempt.HostPort(target, m.overTls() ? TLS_PORT : PORT);
    }
    ProbeAttempt.ResolvedAddress found = attempt.address(at.host(), m.ip());
    if (found.address() == null) {
      return false;
    }
    attempt.found.gauge(DURATION, DURATION_HELP, "phase", "resolve", found.seconds());
    InetAddress source = null;
    if (!m.sourceAddress().isEmpty()) {
      source = TcpProber.literal(m.sourceAddress());
      if (source == null) {
        return attempt.fails("Error parsing source ip address", "srcIP", m.sourceAddress());
      }
    }
    Message query = query(m);
    InetSocketAddress server = new InetSocketAddress(found.address(), at.port());
    attempt.debug(
        "Making DNS query",
        "target",
        ProbeAttempt.shown(found.address(), at.port()),
        "dial_protocol",
        m.tcp() ? "tcp" : "udp",
        "query",
        m.queryName(),
        "type",
        Type.string(m.queryType()));
    long started = System.nanoTime();
    Reply reply;
    try {
      reply =
          m.tcp()
              ? overTcp(m, query, server, source, at.host(), attempt)
              : overUdp(query, server, source, attempt);
    } catch (IOException e) {
      attempt.found.gauge(
          DURATION,
          DURATION_HELP,
          "phase",
          "connect",
          ProbeAttempt.seconds(System.nanoTime() - started));
      return attempt.fails("Error while sending a DNS query", "err", e.getMessage());
    }
    long all = System.nanoTime() - started;
    attempt.found.gauge(
        DURATION, DURATION_HELP, "phase", "connect", ProbeAttempt.seconds(all - reply.nanos));
    attempt.found.gauge(
        DURATION, DURATION_HELP, "phase", "request", ProbeAttempt.seconds(reply.nanos));
    return judge(m, reply.message, attempt);
  }

  private static Message query(DnsModule m) throws TextParseException {
    Message query =
        Message.newQuery(
            Record.newRecord(
                Name.fromString(m.queryName(), Name.root), m.queryType(), m.queryClass()));
    if (!m.recursion()) {
      query.getHeader().unsetFlag(Flags.RD);
    }
    return query;
  }

  private static Reply overUdp(
      Message query, InetSocketAddress server, @Nullable InetAddress source, ProbeAttempt attempt)
      throws IOException {
    try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(source, 0))) {
      socket.connect(server);
      byte[] q = query.toWire();
      long sent = System.nanoTime();
      socket.send(new DatagramPacket(q, q.length));
      byte[] buffer = new byte[MAX_MESSAGE];
      while (true) {
        long remaining = attempt.deadline - System.nanoTime();
        if (remaining <= 0) {
          throw new IOException("i/o timeout");
        }
        socket.setSoTimeout(attempt.millisLeft());
        DatagramPacket p = new DatagramPacket(buffer, buffer.length);
        try {
          socket.receive(p);
        } catch (java.net.SocketTimeoutException e) {
          throw new IOException("i/o timeout", e);
        }
        Message answer = new Message(java.util.Arrays.copyOf(buffer, p.getLength()));
        // Responses to another or an earlier query are ignored.
        if (answer.getHeader().getID() == query.getHeader().getID()) {
          return new Reply(answer, System.nanoTime() - sent);
        }
      }
    }
  }

  private static Reply overTcp(
      DnsModule m,
      Message query,
      InetSocketAddress server,
      @Nullable InetAddress source,
      String host,
      ProbeAttempt attempt)
      throws IOException {
    try (Socket socket = new Socket()) {
      if (source != null) {
        socket.bind(new InetSocketAddress(source, 0));
      }
      socket.connect(server, attempt.millisLeft());
      Socket s = m.overTls() ? attempt.secure(m.config(), socket, host, server.getPort()) : socket;
      Reply reply =
          attempt.inTime(
              socket,
              () -> {
                long sent = System.nanoTime();
                byte[] q = query.toWire();
                byte[] framed = new byte[q.length + 2];
                framed[0] = (byte) (q.length >> 8);
                framed[1] = (byte) q.length;
                System.arraycopy(q, 0, framed, 2, q.length);
                OutputStream out = s.getOutputStream();
                out.write(framed);
                out.flush();
                DataInputStream in = new DataInputStream(s.getInputStream());
                byte[] b = new byte[in.readUnsignedShort()];
                in.readFully(b);
                return new Reply(new Message(b), System.nanoTime() - sent);
              });
      if (reply.message.getHeader().getID() != query.getHeader().getID()) {
        throw new IOException("the response does not match the query");
      }
      return reply;
    }
  }

  private static boolean judge(DnsModule m, Message answer, ProbeAttempt attempt) {
    attempt.debug("Got response", "response", answer);
    attempt.found.gauge("probe_dns_answer_rrs", "", answer.getSection(Section.ANSWER).size());
    attempt.found.gauge("probe_dns_authority_rrs", "", answer.getSection(Section.AUTHORITY).size());
    attempt.found.gauge(
        "probe_dns_additional_rrs", "", answer.getSection(Section.ADDITIONAL).size());
    attempt.found.gauge("probe_dns_query_succeeded", "", 1);
    if (m.queryType() == Type.SOA) {
      double serial = 0;
      for (Record r : answer.getSection(Section.ANSWER)) {
        if (r instanceof SOARecord soa) {
          serial = soa.getSerial();
        }
      }
      attempt.found.gauge("probe_dns_serial", "Returns the serial number of the zone", serial);
    }
    int rcode = answer.getHeader().getRcode();
    if (!m.rcodes().contains(rcode)) {
      return attempt.fails(
          "Rcode is not one of the valid rcodes",
          "rcode",
          rcode,
          "string_rcode",
          Rcode.string(rcode));
    }
    return valid("Answer", answer.getSection(Section.ANSWER), m.answer(), attempt)
        && valid("Authority", answer.getSection(Section.AUTHORITY), m.authority(), attempt)
        && valid("Additional", answer.getSection(Section.ADDITIONAL), m.additional(), attempt);
  }

  private static boolean valid(
      String section, List<Record> records, DnsModule.Rules rules, ProbeAttempt attempt) {
    attempt.debug("Validating " + section + " RRs");
    List<String> texts = records.stream().map(DnsProber::text).toList();
    String reason = problem(texts, rules);
    return reason == null || attempt.fails(section + " RRs validation failed", "err", reason);
  }

  private static @Nullable String problem(List<String> texts, DnsModule.Rules rules) {
    if (texts.isEmpty()) {
      return !rules.failIfNotMatches().isEmpty()
          ? "fail_if_not_matches_regexp specified but no RRs returned"
          : !rules.failIfNoneMatches().isEmpty()
              ? "fail_if_none_matches_regexp specified but no RRs returned"
              : null; // all of none match, and Go's prober lets that pass
    }
    boolean any = false;
    boolean all = true;
    for (String text : texts) {
      for (Pattern p : rules.failIfMatches()) {
        if (p.matcher(text).find()) {
          return "At least one RR matched " + p.pattern() + ": " + text;
        }
      }
      for (Pattern p : rules.failIfAllMatch()) {
        all &= p.matcher(text).find();
      }
      for (Pattern p : rules.failIfNotMatches()) {
        if (!p.matcher(text).find()) {
          return "At least one RR did not match " + p.pattern() + ": " + text;
        }
      }
      for (Pattern p : rules.failIfNoneMatches()) {
        any |= p.matcher(text).find();
      }
    }
    if (!rules.failIfAllMatch().isEmpty() && !all) {
      return "Not all RRs matched regexp";
    }
    return rules.failIfNoneMatches().isEmpty() || any
        ? null
        : "None of the RRs did matched any regexp";
  }

  /** Formats a record for expressions: name, TTL, class, type and data, separated by tabs. */
  static String text(Record r) {
    return r.getName()
        + "\t"
        + r.getTTL()
        + "\t"
        + DClass.string(r.getDClass())
        + "\t"
        + Type.string(r.getType())
        + "\t"
        + r.rdataToString();
  }
}
