package dev.tethys.collect.cloud.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.cloud.reader.CloudDouble;
import dev.tethys.collect.cloud.reader.CloudDouble.Answer;
import dev.tethys.collect.cloud.reader.CloudDouble.Request;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.InstanceLog;
import dev.tethys.collect.cloud.reader.TagFilters;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.LogPatterns;
import dev.tethys.config.Secret;
import dev.tethys.web.cloud.AwsCredentials;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Double of RDS whose markers are offsets, with portions of a few lines. */
class RdsLogFilesTest {
  private static final String LOG = "error/postgresql.log.2026-12-01-10";

  private final Map<String, StringBuilder> files = new TreeMap<>();
  private final Map<String, Long> written = new TreeMap<>();
  private final List<CloudLogEntry> entries = new ArrayList<>();
  private final LogPatterns patterns = new LogPatterns();
  private long time = 1_000;
  private int portion = 100_000;
  private boolean endless;
  private CloudDouble cloud;
  private AwsCalls api;

  @BeforeEach
  void start() throws IOException {
    cloud = new CloudDouble(this::answer);
    AwsAccount account =
        new AwsAccount(
            List.of("eu-west-1"),
            new AwsCredentials.Settings("", "AKIDEXAMPLE", new Secret("x"), "", "", "", false),
            TagFilters.ALL,
            TagFilters.ALL,
            true,
            true,
            Map.of(AwsCalls.RDS, cloud.url()));
    api = new AwsCalls(account, "eu-west-1", cloud.context());
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private void write(String name, String text) {
    files.computeIfAbsent(name, _ -> new StringBuilder()).append(text);
    written.put(name, ++time);
  }

  private Answer answer(Request r) {
    StringBuilder b = new StringBuilder();
    if (r.parameter("Action").equals("DescribeDBLogFiles")) {
      b.append("<R><DescribeDBLogFilesResult><DescribeDBLogFiles>");
      files.forEach(
          (name, text) ->
              b.append("<DescribeDBLogFilesDetails><LogFileName>" + name + "</LogFileName>")
                  .append("<LastWritten>" + written.get(name) + "</LastWritten><Size>")
                  .append(text.length() + "</Size></DescribeDBLogFilesDetails>"));
      b.append("</DescribeDBLogFiles></DescribeDBLogFilesResult></R>");
      return new Answer(200, b.toString());
    }
    String text = String.valueOf(files.get(r.parameter("LogFileName")));
    int from =
        r.parameter("Marker").isEmpty() ? text.length() : Integer.parseInt(r.parameter("Marker"));
    int to = Math.min(text.length(), from + portion);
    b.append("<R><DownloadDBLogFilePortionResult><LogFileData>")
        .append(text.substring(from, to).replace("&", "&amp;").replace("<", "&lt;"))
        .append("</LogFileData><Marker>" + (endless ? from : to) + "</Marker>")
        .append("<AdditionalDataPending>" + (endless || to < text.length()))
        .append("</AdditionalDataPending></DownloadDBLogFilePortionResult></R>");
    return new Answer(200, b.toString());
  }

  private RdsLogFiles reader(boolean postgres) {
    return new RdsLogFiles(
        "orders",
        new InstanceLog(
            "eu-west-1/orders",
            "/aws/rds/eu-west-1/orders",
            postgres,
            patterns,
            entries::add,
            () -> cloud.now));
  }

  private void read(RdsLogFiles r) throws CloudException, InterruptedException {
    r.read(api, cloud.now.toEpochMilli());
  }

  private static String line(String severity, String text) {
    return "2026-12-01 09:59:58 UTC:10.0.0.1(52144):app@shop:[1234]:"
        + severity
        + ":  "
        + text
        + "\n";
  }

  @Test
  void continuesWhereTheLastReadingEnded() throws Exception {
    write(LOG, line("LOG", "before the agent started"));
    RdsLogFiles r = reader(true);
    read(r);
    assertThat(entries).isEmpty();

    write(
        LOG,
        line("ERROR", "relation \"carts\" does not exist at character 15")
            + line("STATEMENT", "select * from carts where id = 42")
            + line("FATAL", "password authentication failed for user \"app\""));
    read(r);
    read(r);
    write(LOG, line("ERROR", "relation \"items\" does not exist at character 7"));
    read(r);

    assertThat(entries)
        .extracting(CloudLogEntry::level)
        .containsExactly(LogLevel.ERROR, LogLevel.CRITICAL, LogLevel.ERROR);
    assertThat(entries.getFirst().body())
        .contains("relation \"carts\"")
        .contains("select * from carts where id = 42");
    assertThat(entries.getFirst().nanos()).isEqualTo(1_796_119_198_000_000_000L);
    Map<String, Long> counts = new TreeMap<>();
    List<String> samples = new ArrayList<>();
    patterns.each(
        (_, _, level, _, sample, n) -> {
          counts.merge(level.label(), n, Long::sum);
          samples.add(sample);
        });
    assertThat(counts).containsExactly(Map.entry("critical", 1L), Map.entry("error", 2L));
    assertThat(samples)
        .containsExactlyInAnyOrder(
            "ERROR:  relation \"carts\" does not exist at character 15",
            "FATAL:  password authentication failed for user \"app\"");
    assertThat(entries.getFirst().patternHash()).isEqualTo(entries.get(2).patternHash());
  }

  @Test
  void readsNewFilesFromTheirBeginning() throws Exception {
    write(LOG, line("LOG", "old"));
    RdsLogFiles r = reader(true);
    read(r);

    write("error/postgresql.log.2026-12-01-11", line("WARNING", "out of shared memory"));
    write("slowquery/mysql-slowquery.log", "# Query_time: 12\n");
    write("audit/server_audit.log", "secret\n");
    read(r);

    assertThat(entries).extracting(CloudLogEntry::level).containsExactly(LogLevel.WARNING);
  }

  @Test
  void readsLongBacklogsInSeveralReadings() throws Exception {
    portion = 200;
    write(LOG, line("LOG", "old"));
    RdsLogFiles r = reader(true);
    read(r);
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      many.append("2026-12-01 09:59:58 UTC::@:[1]:ERROR:  failure of message ").append(i);
      many.append(" ".repeat(100 - (many.length() % 100) - 1)).append('\n');
    }
    write(LOG, many.toString());

    int requests = cloud.requests.size();
    read(r);
    assertThat(cloud.requests.size() - requests).isEqualTo(1 + RdsLogFiles.MAX_PORTIONS);
    for (int i = 0; i < 20; i++) {
      read(r);
    }
    assertThat(entries).hasSize(100);
  }

  @Test
  void endsWhenTheMarkerStays() throws Exception {
    write(LOG, line("LOG", "old"));
    RdsLogFiles r = reader(true);
    read(r);
    endless = true;
    write(LOG, line("ERROR", "once"));

    int requests = cloud.requests.size();
    read(r);

    assertThat(cloud.requests.size() - requests).isEqualTo(2);
    assertThat(entries).hasSize(1);
  }

  @Test
  void readsRunningErrorLogOfMysqlOnce() throws Exception {
    write("error/mysql-error-running.log", "old\n");
    RdsLogFiles r = reader(false);
    read(r);
    String text =
        "2026-12-01T09:59:58.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self"
            + " signed.\n2026-12-01T09:59:59.000000Z 7 [Note] [MY-000000] [Server] Aborted"
            + " connection\n";
    write("error/mysql-error.log", text);
    write("error/mysql-error-running.log", text);
    write("error/mysql-error-running.log.2026-12-01.10", text);
    read(r);

    assertThat(entries)
        .extracting(CloudLogEntry::level)
        .containsExactly(LogLevel.WARNING, LogLevel.INFO);
    assertThat(entries.getFirst().nanos()).isEqualTo(1_796_119_198_123_456_000L);
  }

  @Test
  void startsAgainWhenAFileWasEmptied() throws Exception {
    write("error/mysql-error-running.log", "x".repeat(500) + "\n");
    RdsLogFiles r = reader(false);
    read(r);
    files.clear();
    write("error/mysql-error-running.log", "2026-12-01 09:59:58 1 [ERROR] disk is full\n");
    read(r);

    assertThat(entries).extracting(CloudLogEntry::level).containsExactly(LogLevel.ERROR);
  }

  @Test
  void continuesBehindTextThatIsNotXml() throws Exception {
    write(LOG, line("LOG", "old"));
    RdsLogFiles r = reader(true);
    read(r);
    write(LOG, line("ERROR", "with \u0001 inside"));
    try {
      read(r);
    } catch (CloudException e) {
      assertThat(e.failure()).isEqualTo(CloudException.Failure.ANSWER);
    }
    read(r);
    write(LOG, line("ERROR", "after it"));
    read(r);

    assertThat(entries).hasSize(1);
    assertThat(entries.getFirst().body()).contains("after it");
  }

  @Test
  void keepsPositionsOfBoundedNumberOfFiles() throws Exception {
    for (int i = 0; i < 1200; i++) {
      write("error/postgresql.log." + i, line("LOG", "old"));
    }
    RdsLogFiles r = reader(true);
    read(r);
    int requests = cloud.requests.size();
    read(r);

    // Only the newest ends were requested, and nothing was written since.
    assertThat(requests).isLessThan(10);
    assertThat(cloud.requests.size() - requests).isEqualTo(1);
  }
}
