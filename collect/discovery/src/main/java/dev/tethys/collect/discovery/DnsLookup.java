package dev.tethys.collect.discovery;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Lookup;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** Queries the system's name servers, or one set by a test, for the records of each name. */
final class DnsLookup implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(DnsLookup.class.getName());
  private static final String PREFIX = "__meta_dns_";

  /** Maximum number of concurrent lookups. */
  private static final int MAX_LOOKUPS = 32;

  private final DnsConfig config;
  private final DiscoveryMetrics metrics;
  private final @Nullable Resolver resolver;
  private final Semaphore running = new Semaphore(MAX_LOOKUPS);
  private Map<String, TargetGroup> last = Map.of();
  private Map<String, String> failed = Map.of(); // errors of the last refresh by name

  DnsLookup(DnsConfig config, DiscoveryMetrics metrics) {
    this(config, metrics, null);
  }

  DnsLookup(DnsConfig config, DiscoveryMetrics metrics, @Nullable Resolver resolver) {
    this.config = config;
    this.metrics = metrics;
    this.resolver = resolver;
  }

  /**
   * One group a name. A name that does not exist has no targets. A name that could not be looked up
   * keeps its last targets, and costs the others neither targets nor time: names are looked up at
   * the same time.
   *
   * @throws IOException if none could be looked up
   */
  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<String> names = List.copyOf(new LinkedHashSet<>(config.names()));
    List<Callable<List<Labels>>> lookups = new ArrayList<>();
    for (String name : names) {
      lookups.add(() -> limited(name));
    }
    List<Future<List<Labels>>> results;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      results = threads.invokeAll(lookups);
    }
    Map<String, TargetGroup> now = new LinkedHashMap<>();
    Map<String, String> errors = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      try {
        now.put(name, new TargetGroup(name, results.get(i).get(), Labels.EMPTY));
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        errors.put(name, String.valueOf((cause == null ? e : cause).getMessage()));
        TargetGroup before = last.get(name);
        if (before != null) {
          now.put(name, before);
        }
      }
    }
    if (errors.size() == names.size()) {
      throw new IOException(errors.values().iterator().next());
    }
    report(errors);
    last = now;
    return List.copyOf(now.values());
  }

  /** Logs errors that did not occur in the previous refresh. */
  private void report(Map<String, String> errors) {
    errors.forEach(
        (name, error) -> {
          if (!error.equals(failed.get(name))) {
            LOG.log(
                Level.WARNING,
                "DNS lookup failed, keeping the last targets of the name: name={0} error={1}",
                name,
                error);
          }
        });
    failed = errors;
  }

  private List<Labels> limited(String name) throws IOException, InterruptedException {
    running.acquire();
    try {
      return targets(name);
    } finally {
      running.release();
    }
  }

  private List<Labels> targets(String name) throws IOException {
    Lookup lookup;
    try {
      lookup = new Lookup(name, Type.value(config.type().name()));
    } catch (TextParseException e) {
      throw new IOException("\"" + name + "\" is not a DNS name: " + e.getMessage(), e);
    }
    lookup.setCache(null);
    if (resolver != null) {
      lookup.setResolver(resolver);
      lookup.setSearchPath(new Name[0]);
    }
    Record[] records = lookup.run();
    int result = lookup.getResult();
    boolean ok =
        result == Lookup.SUCCESSFUL
            || result == Lookup.HOST_NOT_FOUND
            || result == Lookup.TYPE_NOT_FOUND;
    metrics.countLookup(ok);
    if (!ok) {
      throw new IOException("looking up " + name + ": " + lookup.getErrorString());
    }
    List<Labels> out = new ArrayList<>();
    if (records != null) {
      for (Record r : records) {
        Labels target = target(name, r);
        if (target != null) {
          out.add(target);
        }
      }
    }
    return out;
  }

  private @Nullable Labels target(String name, Record r) {
    LabelsBuilder b = new LabelsBuilder().set(PREFIX + "name", name);
    switch (r) {
      case SRVRecord s -> {
        b.set(PREFIX + "srv_record_target", s.getTarget().toString());
        b.set(PREFIX + "srv_record_port", String.valueOf(s.getPort()));
        b.set(TargetGroups.ADDRESS, host(s.getTarget()) + ":" + s.getPort());
      }
      case MXRecord m -> {
        b.set(PREFIX + "mx_record_target", m.getTarget().toString());
        b.set(TargetGroups.ADDRESS, host(m.getTarget()) + ":" + config.port());
      }
      case NSRecord n -> {
        b.set(PREFIX + "ns_record_target", n.getTarget().toString());
        b.set(TargetGroups.ADDRESS, host(n.getTarget()) + ":" + config.port());
      }
      case ARecord a -> b.set(TargetGroups.ADDRESS, address(a.getAddress()));
      case AAAARecord a -> b.set(TargetGroups.ADDRESS, address(a.getAddress()));
      default -> {
        return null; // such as the CNAME on the way to it
      }
    }
    return b.build();
  }

  private static String host(Name n) {
    return n.toString(true);
  }

  private String address(InetAddress a) {
    String h = a.getHostAddress();
    return (h.indexOf(':') >= 0 ? "[" + h + "]" : h) + ":" + config.port();
  }
}
