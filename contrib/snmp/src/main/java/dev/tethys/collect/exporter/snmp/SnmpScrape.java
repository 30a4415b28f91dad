package dev.tethys.collect.exporter.snmp;

import com.google.re2j.Pattern;
import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.collect.exporter.snmp.wire.Binding;
import dev.tethys.collect.exporter.snmp.wire.Oid;
import dev.tethys.collect.exporter.snmp.wire.SnmpClient;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** One module of one agent: requests its objects, and exports them. Not thread-safe. */
final class SnmpScrape implements SnmpClient.Listener {
  private static final System.Logger LOG = JulLogger.of(SnmpScrape.class.getName());

  private final String name;
  private final String logged;
  private final SnmpModule module;
  private final SnmpMeasures measures;
  private int sent;
  private int retried;

  /**
   * Creates a scrape of a module.
   *
   * @param logged the agent whose messages are logged; "" if none is logged
   */
  SnmpScrape(String name, SnmpModule module, SnmpMeasures measures, String logged) {
    this.logged = logged;
    this.name = name;
    this.module = module;
    this.measures = measures;
  }

  @Override
  public void sent() {
    sent++;
    measures.packets.inc();
  }

  @Override
  public void received(long nanos) {
    measures.packetSeconds.with().observe(nanos / 1e9);
  }

  @Override
  public void packet(boolean ours, byte[] message) {
    if (!logged.isEmpty()) {
      LOG.log(
          Level.DEBUG,
          "{0} {1}: {2}",
          ours ? "to" : "from",
          logged,
          HexFormat.of().formatHex(message));
    }
  }

  @Override
  public void retried() {
    retried++;
    measures.retries.inc();
  }

  /**
   * Walks the agent.
   *
   * @param version protocol version
   * @param wrap whether 64-bit counters wrap at 2^53
   */
  FamilyBuilder run(SnmpClient client, int version, boolean wrap) throws IOException {
    long began = System.nanoTime();
    client.use(module.timeLimit(), this);
    measures.inFlight.add(1);
    List<Binding> found;
    try {
      found = ask(client, version);
    } finally {
      measures.inFlight.add(-1);
    }
    FamilyBuilder f = new FamilyBuilder();
    own(f, "walk_duration_seconds", "Time SNMP walk/bulkwalk took.", seconds(began));
    own(f, "packets_sent", "Packets sent for get, bulkget, and walk; including retries.", sent);
    own(f, "packets_retried", "Packets retried for get, bulkget, and walk.", retried);
    own(f, "pdus_returned", "PDUs returned from get, bulkget, and walk.", found.size());
    new SnmpSamples(found, wrap, f).show(module.tree());
    double all = seconds(began);
    own(f, "duration_seconds", "Total SNMP time scrape took (walk and processing).", all);
    measures.moduleSeconds.with(name).observe(all);
    return f;
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private void own(FamilyBuilder f, String what, String help, double v) {
    f.gauge("snmp_scrape_" + what, help, "module", name, v);
  }

  private List<Binding> ask(SnmpClient client, int version) throws IOException {
    List<Oid> gets = new ArrayList<>(module.get());
    List<Oid> walks = new ArrayList<>(module.walk());
    for (SnmpModule.Filter filter : module.filters()) {
      choose(client, filter, gets, walks);
    }
    List<Binding> found = new ArrayList<>();
    // Version 1 reports one missing object in a response.
    int most = version == 1 ? 1 : Math.max(1, module.timeLimit().repetitions());
    for (int i = 0; i < gets.size(); i += most) {
      List<Oid> some = gets.subList(i, Math.min(gets.size(), i + most));
      SnmpClient.Answer a = client.get(some);
      if (version == 1 && a.status() == SnmpClient.NO_SUCH_NAME) {
        LOG.log(Level.DEBUG, "the agent has no {0}", some.getFirst());
        continue;
      }
      if (a.status() != 0) {
        throw new IOException("error reported by target: Error Status " + a.status());
      }
      a.bindings().stream().filter(b -> !b.isMissing()).forEach(found::add);
    }
    for (Oid root : walks) {
      found.addAll(client.walk(root));
      if (found.size() > SnmpClient.MAX_BINDINGS) {
        throw new IOException(
            "module " + name + " gives more than " + SnmpClient.MAX_BINDINGS + " objects");
      }
    }
    return found;
  }

  /** Requests selected table rows instead of complete tables; if that fails, all. */
  private static void choose(
      SnmpClient client, SnmpModule.Filter filter, List<Oid> gets, List<Oid> walks) {
    List<Binding> column;
    try {
      column = client.walk(filter.oid());
    } catch (IOException e) {
      LOG.log(Level.INFO, "no rows are selected by {0}: {1}", filter.oid(), e.getMessage());
      return;
    }
    List<Integer> rows = new ArrayList<>();
    for (Binding b : column) {
      String text = SnmpSamples.text(b.value(), "DisplayString", null);
      for (Pattern p : filter.values()) {
        if (p.matcher(text).find()) {
          rows.add(b.name().part(b.name().size() - 1));
          break;
        }
      }
    }
    walks.removeAll(filter.targets());
    gets.removeIf(
        g -> filter.targets().stream().anyMatch(t -> g.toString().startsWith(t.toString())));
    for (Oid t : filter.targets()) {
      rows.forEach(r -> gets.add(t.plus(r)));
    }
  }
}
