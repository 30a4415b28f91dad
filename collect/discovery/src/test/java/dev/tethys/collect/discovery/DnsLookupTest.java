package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;

/** Against answers made with the library's own message classes. */
class DnsLookupTest {
  private final Setting setting = new Setting();

  /** Responds to every question with the same records, or with an error code. */
  private static final class Answers extends SimpleResolver {
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final int rcode;
    private final List<String> records;

    Answers(int rcode, String... records) throws IOException {
      super("127.0.0.1");
      this.rcode = rcode;
      this.records = List.of(records);
    }

    @Override
    public CompletionStage<Message> sendAsync(Message query) {
      try {
        Message m = new Message(query.getHeader().getID());
        m.getHeader().setFlag(Flags.QR);
        Record q = query.getQuestion();
        boolean isRefused = refused.contains(q.getName().toString());
        m.getHeader().setRcode(isRefused ? Rcode.REFUSED : rcode);
        m.addRecord(q, Section.QUESTION);
        for (String data : isRefused ? List.<String>of() : records) {
          m.addRecord(
              Record.fromString(q.getName(), q.getType(), DClass.IN, 60, data, q.getName()),
              Section.ANSWER);
        }
        return CompletableFuture.completedFuture(m);
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    @Override
    public CompletionStage<Message> sendAsync(
        Message query, java.util.concurrent.Executor executor) {
      return sendAsync(query);
    }
  }

  private List<Labels> targets(DnsConfig.RecordType type, int port, Answers answers)
      throws IOException, InterruptedException {
    DnsConfig c = new DnsConfig(List.of("db.example.org."), type, port, Duration.ofSeconds(30));
    List<TargetGroup> groups = new DnsLookup(c, setting.context.metrics(), answers).refresh();
    assertThat(groups).hasSize(1);
    assertThat(groups.getFirst().source()).isEqualTo("db.example.org.");
    return groups.getFirst().targets();
  }

  @Test
  void srvRecordsCarryTheirPort() throws Exception {
    assertThat(
            targets(
                DnsConfig.RecordType.SRV,
                0,
                new Answers(Rcode.NOERROR, "0 5 3306 db1.example.org.")))
        .containsExactly(
            Labels.of(
                "__address__", "db1.example.org:3306",
                "__meta_dns_name", "db.example.org.",
                "__meta_dns_srv_record_target", "db1.example.org.",
                "__meta_dns_srv_record_port", "3306"));
  }

  @Test
  void addressesTakeTheConfiguredPort() throws Exception {
    assertThat(targets(DnsConfig.RecordType.A, 80, new Answers(Rcode.NOERROR, "192.0.2.2")))
        .containsExactly(
            Labels.of("__address__", "192.0.2.2:80", "__meta_dns_name", "db.example.org."));
    assertThat(targets(DnsConfig.RecordType.AAAA, 80, new Answers(Rcode.NOERROR, "2001:db8::1")))
        .extracting(l -> l.get("__address__"))
        .containsExactly("[2001:db8:0:0:0:0:0:1]:80");
  }

  @Test
  void mailAndNameServers() throws Exception {
    assertThat(
            targets(DnsConfig.RecordType.MX, 25, new Answers(Rcode.NOERROR, "0 smtp.example.org.")))
        .containsExactly(
            Labels.of(
                "__address__", "smtp.example.org:25",
                "__meta_dns_name", "db.example.org.",
                "__meta_dns_mx_record_target", "smtp.example.org."));
    assertThat(targets(DnsConfig.RecordType.NS, 53, new Answers(Rcode.NOERROR, "ns1.example.org.")))
        .extracting(l -> l.get("__meta_dns_ns_record_target"))
        .containsExactly("ns1.example.org.");
  }

  @Test
  void unknownNameHasNoTargetsButSilentServerIsAnError() throws Exception {
    assertThat(targets(DnsConfig.RecordType.A, 80, new Answers(Rcode.NXDOMAIN))).isEmpty();
    assertThatThrownBy(() -> targets(DnsConfig.RecordType.A, 80, new Answers(Rcode.SERVFAIL)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("db.example.org.");
    assertThat(setting.metric("prometheus_sd_dns_lookup_failures_total")).isEqualTo(1);
  }

  @Test
  void failedLookupDoesNotAffectOtherNames() throws Exception {
    DnsConfig c =
        new DnsConfig(
            List.of("bad.example.org.", "not..a.name", "db.example.org."),
            DnsConfig.RecordType.A,
            80,
            Duration.ofSeconds(30));
    Answers answers = new Answers(Rcode.NOERROR, "192.0.2.2");
    answers.refused.add("bad.example.org.");
    DnsLookup lookup = new DnsLookup(c, setting.context.metrics(), answers);
    assertThat(lookup.refresh()).extracting(TargetGroup::source).containsExactly("db.example.org.");
    answers.refused.clear();
    assertThat(lookup.refresh()).hasSize(2);
    answers.refused.add("bad.example.org.");
    assertThat(lookup.refresh()).as("its last targets stay").hasSize(2);
    assertThat(lookup.refresh().getFirst().targets()).hasSize(1);
  }
}
