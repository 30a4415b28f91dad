package dev.tethys.demo;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.demo.service.Shop;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;

/** {@code tethys demo}: a web shop with faults that can be switched, and customers. */
public final class DemoRole {
  private static final System.Logger LOG = JulLogger.of(DemoRole.class.getName());

  private static final double MAX_RATE = 2000;

  private DemoRole() {}

  private static FlagSet flags() {
    return new FlagSet(
        "tethys demo",
        "Runs a small web shop that sends spans, logs and metrics by OTLP: six services, a"
            + " database, a queue, and customers. Faults can be switched at /faults.",
        List.of(
            Flag.of(
                "otlp.endpoint",
                Flag.Kind.LIST,
                "http://127.0.0.1:4318",
                "URL that receives OTLP over HTTP; /v1/traces, /v1/logs and /v1/metrics are"
                    + " appended. Can be repeated; receivers get requests in turn."),
            Flag.of(
                "web.listen-address",
                Flag.Kind.STRING,
                "127.0.0.1:8089",
                "Address of the shop and of the page of faults."),
            Flag.of("rate", Flag.Kind.FLOAT, "10", "Visits a second, 0 for none."),
            Flag.of(
                "fault",
                Flag.Kind.LIST,
                "",
                "Fault that is on from the start: " + FaultPage.names() + ". Can be repeated."),
            Flag.of("log.level", Flag.Kind.STRING, "info", "debug, info, warn or error."),
            Flag.of("log.format", Flag.Kind.STRING, "logfmt", "logfmt or json.")));
  }

  /** Runs until the process is asked to stop; the exit code of the process. */
  public static int run(List<String> args) {
    FlagSet flags = flags();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    double rate = rate(flags.get("rate"));
    Faults faults = new Faults();
    for (String name : flags.list("fault")) {
      if (!name.isEmpty()) {
        faults.set(
            Fault.of(name)
                .orElseThrow(
                    () ->
                        new UsageException(
                            "tethys demo: unknown fault '" + name + "'; use " + FaultPage.names())),
            true);
      }
    }
    List<URI> endpoints =
        flags.list("otlp.endpoint").stream().map(DemoRole::endpoint).distinct().toList();
    HeapController.keep();
    LogSetup.install(flags);
    try (OtlpQueue queue = new OtlpQueue(endpoints);
        Shop shop =
            new Shop(
                flags.get("web.listen-address"),
                queue,
                faults,
                routes -> new FaultPage(faults).routes(routes));
        HttpClientFactory clients = new HttpClientFactory("shopper")) {
      LOG.log(
          Level.INFO,
          "Shop started faults=http://127.0.0.1:{0}/faults otlp={1} visits_per_second={2}",
          Integer.toString(shop.port()),
          endpoints.stream().map(URI::toString).collect(Collectors.joining(" ")),
          rate);
      if (rate == 0) {
        Shutdown.await();
        return 0;
      }
      try (LoadGenerator load =
          new LoadGenerator(clients.client(HttpClientConfig.DEFAULT), shop.port(), rate)) {
        Shutdown.await();
        LOG.log(
            Level.INFO,
            "Shop stopping answered={0} failed={1} shipped={2}",
            load.answered(),
            load.failed(),
            shop.shipments());
      }
      return 0;
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Shop not started error=\"{0}\"", IoFailures.describe(e));
      return 1;
    }
  }

  private static double rate(String text) {
    double rate = Double.parseDouble(text);
    if (!(rate >= 0 && rate <= MAX_RATE)) {
      throw new UsageException(
          "tethys demo: --rate must be a number from 0 to " + MAX_RATE + ", not " + text);
    }
    return rate;
  }

  private static URI endpoint(String text) {
    try {
      URI uri = URI.create(text);
      if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // reported below
    }
    throw new UsageException(
        "tethys demo: --otlp.endpoint must be a URL such as http://127.0.0.1:4318, not " + text);
  }
}
