package dev.tethys.pipeline.receiver.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics are those of the Collector's documentation, with its units, types and attributes. */
class HostMetricsTableTest {
  /** Scraper, metric, unit, type, kind of numbers, whether by default, attributes. */
  private static final String TABLE =
      """
      cpu        system.cpu.frequency                         Hz            gauge   double - cpu
      cpu        system.cpu.logical.count                     {cpu}         sum     int    - -
      cpu        system.cpu.physical.count                    {cpu}         sum     int    - -
      cpu        system.cpu.time                              s             counter double + cpu,state
      cpu        system.cpu.utilization                       1             gauge   double - cpu,state
      disk       system.disk.io                               By            counter int    + device,direction
      disk       system.disk.io_time                          s             counter double + device
      disk       system.disk.merged                           {operations}  counter int    + device,direction
      disk       system.disk.operation_time                   s             counter double + device,direction
      disk       system.disk.operations                       {operations}  counter int    + device,direction
      disk       system.disk.pending_operations               {operations}  sum     int    + device
      disk       system.disk.weighted_io_time                 s             counter double + device
      filesystem system.filesystem.inodes.usage               {inodes}      sum     int    + device,mode,mountpoint,type,state
      filesystem system.filesystem.usage                      By            sum     int    + device,mode,mountpoint,type,state
      filesystem system.filesystem.utilization                1             gauge   double - device,mode,mountpoint,type
      load       system.cpu.load_average.15m                  {thread}      gauge   double + -
      load       system.cpu.load_average.1m                   {thread}      gauge   double + -
      load       system.cpu.load_average.5m                   {thread}      gauge   double + -
      memory     system.linux.memory.available                By            sum     int    - -
      memory     system.linux.memory.dirty                    By            sum     int    - -
      memory     system.memory.limit                          By            sum     int    - -
      memory     system.memory.linux.hugepages.limit          {page}        sum     int    - -
      memory     system.memory.linux.hugepages.page_size      By            sum     int    - -
      memory     system.memory.linux.hugepages.reserved       {page}        sum     int    - -
      memory     system.memory.linux.hugepages.surplus        {page}        sum     int    - -
      memory     system.memory.linux.hugepages.usage          {page}        sum     int    - system.memory.linux.hugepages.state
      memory     system.memory.linux.hugepages.utilization    1             gauge   double - system.memory.linux.hugepages.state
      memory     system.memory.linux.shared                   By            sum     int    - -
      memory     system.memory.page_size                      By            gauge   int    - -
      memory     system.memory.usage                          By            sum     int    + state
      memory     system.memory.utilization                    1             gauge   double - state
      network    system.network.connections                   {connections} sum     int    + protocol,state
      network    system.network.conntrack.count               {entries}     sum     int    - -
      network    system.network.conntrack.max                 {entries}     sum     int    - -
      network    system.network.dropped                       {packets}     counter int    + device,direction
      network    system.network.errors                        {errors}      counter int    + device,direction
      network    system.network.io                            By            counter int    + device,direction
      network    system.network.packets                       {packets}     counter int    + device,direction
      nfs        nfs.client.net.count                         {record}      counter int    + network.transport
      nfs        nfs.client.net.tcp.connection.accepted       {connection}  counter int    + -
      nfs        nfs.client.operation.count                   {operation}   counter int    + onc_rpc.version,nfs.operation.name
      nfs        nfs.client.procedure.count                   {procedure}   counter int    + onc_rpc.version,onc_rpc.procedure.name
      nfs        nfs.client.rpc.authrefresh.count             {authrefresh} counter int    + -
      nfs        nfs.client.rpc.count                         {request}     counter int    + -
      nfs        nfs.client.rpc.retransmit.count              {retransmit}  counter int    + -
      nfs        nfs.server.fh.stale.count                    {fh}          counter int    + -
      nfs        nfs.server.io                                By            counter int    + network.io.direction
      nfs        nfs.server.net.count                         {record}      counter int    + network.transport
      nfs        nfs.server.net.tcp.connection.accepted       {connection}  counter int    + -
      nfs        nfs.server.operation.count                   {operation}   counter int    + onc_rpc.version,nfs.operation.name
      nfs        nfs.server.procedure.count                   {procedure}   counter int    + onc_rpc.version,onc_rpc.procedure.name
      nfs        nfs.server.repcache.requests                 {request}     counter int    + nfs.server.repcache.status
      nfs        nfs.server.rpc.count                         {request}     counter int    + error.type
      nfs        nfs.server.thread.count                      {thread}      sum     int    + -
      paging     system.paging.faults                         {faults}      counter int    + type
      paging     system.paging.operations                     {operations}  counter int    + direction,type
      paging     system.paging.usage                          By            sum     int    + device,state
      paging     system.paging.utilization                    1             gauge   double - device,state
      processes  system.processes.count                       {processes}   sum     int    + status
      processes  system.processes.created                     {processes}   counter int    + -
      process    process.context_switches                     {count}       counter int    - type
      process    process.cpu.time                             s             counter double + state
      process    process.cpu.utilization                      1             gauge   double - state
      process    process.disk.io                              By            counter int    + direction
      process    process.disk.operations                      {operations}  counter int    - direction
      process    process.memory.usage                         By            sum     int    + -
      process    process.memory.utilization                   1             gauge   double - -
      process    process.memory.virtual                       By            sum     int    + -
      process    process.open_file_descriptors                {count}       sum     int    - -
      process    process.paging.faults                        {faults}      counter int    - type
      process    process.signals_pending                      {signals}     sum     int    - -
      process    process.threads                              {threads}     sum     int    - -
      process    process.uptime                               s             gauge   double - -
      system     system.uptime                                s             gauge   double + -
      """;

  private record Row(
      String scraper,
      String metric,
      String unit,
      String type,
      String number,
      boolean usual,
      String attributes) {
    static Row of(String line) {
      String[] f = line.strip().split(" +");
      return new Row(f[0], f[1], f[2], f[3], f[4], f[5].equals("+"), f[6].equals("-") ? "" : f[6]);
    }
  }

  @TempDir Path folder;
  private HostFixture host;

  @BeforeEach
  void unpack() throws IOException {
    host = new HostFixture(folder);
    host.process(4242, "nginx", "/usr/sbin/nginx -g daemon", 33);
    host.write("proc/meminfo", MEMINFO);
  }

  /** With huge pages, which the fixture lacks. */
  private static final String MEMINFO =
      """
      MemTotal:        1000 kB
      MemFree:          100 kB
      MemAvailable:     400 kB
      HugePages_Total:    4
      HugePages_Free:     3
      Hugepagesize:    2048 kB
      """;

  private static String shape(Metric m) {
    MetricData<?> data = Objects.requireNonNull(m.data());
    NumberDataPoint p = (NumberDataPoint) data.points().getFirst();
    String attributes = p.attributes().toString().replaceAll("=[^,}]*", "").replace(", ", ",");
    return String.join(
        " ",
        m.unit(),
        data instanceof MetricData.Sum s ? s.isMonotonic() ? "counter" : "sum" : "gauge",
        p.isInt() ? "int" : "double",
        attributes.substring(1, attributes.length() - 1));
  }

  private static Map<String, String> shapes(MetricsData data) {
    Map<String, String> out = new TreeMap<>();
    HostFixture.metrics(data).forEach((name, m) -> out.put(name, shape(m)));
    return out;
  }

  private static Map<String, String> table(boolean all) {
    return TABLE
        .lines()
        .map(Row::of)
        .filter(r -> all || r.usual)
        .collect(
            Collectors.toMap(
                Row::metric,
                r -> String.join(" ", r.unit, r.type, r.number, r.attributes),
                (a, b) -> a,
                TreeMap::new));
  }

  private static String scrapers() {
    return TABLE
        .lines()
        .map(l -> "  " + Row.of(l).scraper + ":\n")
        .distinct()
        .collect(Collectors.joining("", "scrapers:\n", ""));
  }

  @Test
  void emitsDefaultMetricsWithoutSettings() {
    MetricsData data = host.receiver(scrapers()).gather();
    assertThat(shapes(data)).isEqualTo(table(false));
  }

  @Test
  void emitsAllMetricsIfEnabled() {
    Map<String, StringBuilder> yaml = new TreeMap<>();
    TABLE
        .lines()
        .map(Row::of)
        .forEach(
            r ->
                yaml.computeIfAbsent(
                        r.scraper, s -> new StringBuilder("  " + s + ":\n    metrics:\n"))
                    .append("      " + r.metric + ": {enabled: true}\n"));
    HostMetricsReceiver r = host.receiver("scrapers:\n" + String.join("", yaml.values()));
    r.gather(); // utilizations are since the last look
    assertThat(shapes(r.gather())).isEqualTo(table(true));
  }

  @Test
  void emitsNoDisabledMetrics() {
    MetricsData data = host.look("load: {metrics: {system.cpu.load_average.1m: {enabled: false}}}");
    assertThat(shapes(data).keySet())
        .containsExactly("system.cpu.load_average.15m", "system.cpu.load_average.5m");
  }

  @Test
  void usesTheCollectorsScopesAndSchemas() {
    Set<String> scopes = new TreeSet<>();
    for (ResourceGroup<Metric> r : host.receiver(scrapers()).gather().resources()) {
      assertThat(r.schemaUrl()).isEqualTo("https://opentelemetry.io/schemas/1.9.0");
      assertThat(r.scopes()).hasSize(1);
      assertThat(r.scopes().getFirst().scope().version()).isEqualTo("1.2.3");
      scopes.add(r.scopes().getFirst().scope().name());
    }
    String prefix =
        "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver"
            + "/internal/scraper/";
    assertThat(scopes)
        .isEqualTo(
            TABLE
                .lines()
                .map(l -> prefix + Row.of(l).scraper + "scraper")
                .collect(Collectors.toCollection(TreeSet::new)));
  }
}
