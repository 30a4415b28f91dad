package dev.tethys.tools;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.TargetPreview;
import dev.tethys.config.ConfigException;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** {@code check service-discovery}: targets found by one job, and the result of relabelling. */
final class CheckDiscovery {
  private CheckDiscovery() {}

  static Command command() {
    return new Command(
        "check service-discovery",
        "<config-file> <job>",
        "Perform service discovery for the given job name and report the results, including"
            + " relabeling. It ends as soon as every mechanism has found its targets, promtool only"
            + " when the timeout expires.",
        List.of(
            Flag.of(
                "timeout", Flag.Kind.DURATION, "30s", "The time to wait for discovery results.")),
        2,
        2,
        CheckDiscovery::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    String file = Operands.files(a.operands().subList(0, 1)).getFirst();
    String job = a.operands().get(1);
    PrometheusConfig config;
    try {
      config = PrometheusConfig.read(Path.of(file));
    } catch (ConfigException | IOException e) {
      console.err().println("Cannot load config " + IoFailures.describe(e));
      return 1;
    }
    for (ScrapeConfig c : config.scrapeConfigs()) {
      if (c.jobName().equals(job)) {
        console.out().print(json(previews(c, groups(c, a.flags().millis("timeout")))));
        return 0;
      }
    }
    console.err().println("Job " + job + " not found. Select one of:");
    config.scrapeConfigs().forEach(c -> console.err().println("\t" + c.jobName()));
    return 1;
  }

  /** Runs the discoveries of a job until each has reported, or the time limit expires. */
  private static List<TargetGroup> groups(ScrapeConfig c, long millis) throws IOException {
    Map<String, TargetGroup> found = new TreeMap<>();
    List<Thread> threads = new ArrayList<>();
    List<DiscoveryConfig> all = c.discoveries();
    CountDownLatch updated = new CountDownLatch(all.size());
    try (HttpClientFactory clients =
        new HttpClientFactory("promtool/" + BuildInfo.current().version())) {
      DiscoveryContext context = DiscoveryContext.of(new Registry(), clients);
      for (int i = 0; i < all.size(); i++) {
        DiscoveryConfig d = all.get(i);
        String prefix = i + "/";
        if (d instanceof StaticConfig s) {
          s.groups().forEach(g -> found.put(prefix + g.source(), g));
          updated.countDown();
          continue;
        }
        CountDownLatch once = new CountDownLatch(1);
        threads.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        d.discovery(context)
                            .run(
                                groups -> {
                                  synchronized (found) {
                                    groups.forEach(g -> found.put(prefix + g.source(), g));
                                  }
                                  if (once.getCount() > 0) {
                                    once.countDown();
                                    updated.countDown();
                                  }
                                });
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    }));
      }
      updated.await(millis, TimeUnit.MILLISECONDS);
      threads.forEach(Thread::interrupt);
      synchronized (found) {
        return List.copyOf(found.values());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static Set<TargetPreview> previews(ScrapeConfig c, List<TargetGroup> groups) {
    Set<TargetPreview> out = new LinkedHashSet<>();
    groups.forEach(g -> out.addAll(TargetPreview.of(c, g)));
    return out;
  }

  private static String json(Set<TargetPreview> all) {
    if (all.isEmpty()) {
      return "[]";
    }
    StringBuilder sb = new StringBuilder("[");
    String separator = "\n";
    for (TargetPreview t : all) {
      sb.append(separator).append("  {\n    \"discoveredLabels\": ");
      separator = ",\n";
      append(sb, t.discovered()).append(",\n    \"labels\": ");
      append(sb, t.labels() == null ? Labels.EMPTY : t.labels());
      if (t.error() != null) {
        // promtool shows an empty object, as Go's errors have no form in JSON
        GoJson.append(sb.append(",\n    \"error\": "), t.error());
      }
      sb.append("\n  }");
    }
    return sb.append("\n]").toString();
  }

  private static StringBuilder append(StringBuilder sb, Labels labels) {
    if (labels.isEmpty()) {
      return sb.append("{}");
    }
    String separator = "{\n";
    for (Labels.Label l : labels.toList()) {
      GoJson.append(sb.append(separator).append("      "), l.name()).append(": ");
      GoJson.append(sb, l.value());
      separator = ",\n";
    }
    return sb.append("\n    }");
  }
}
