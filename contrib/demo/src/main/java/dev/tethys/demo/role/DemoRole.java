package dev.tethys.demo.role;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import dev.tethys.demo.service.Shop;
import dev.tethys.demo.service.ShopPart;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Role;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code tethys demo}: a web shop with faults that can be switched, and customers. */
public final class DemoRole implements Role {
  private static final System.Logger LOG = JulLogger.of(DemoRole.class.getName());

  private static final double MAX_RATE = 2000;
  private static final Pattern PEER = Pattern.compile("([a-z]+):([0-9]{1,5})");

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
                "telemetry",
                Flag.Kind.BOOLEAN,
                "true",
                "Send spans, logs and metrics. Without it the shop is one of programs without an"
                    + " SDK."),
            Flag.of(
                "separate-processes",
                Flag.Kind.BOOLEAN,
                "false",
                "Run each part of the shop in a separate process, on the first free ports after"
                    + " that of the shop. Linux only."),
            Flag.of(
                "part",
                Flag.Kind.STRING,
                "",
                "Run one part of the shop until standard input ends; the port is written to"
                    + " standard output. Separate processes are started with it."),
            Flag.of(
                "part.peer",
                Flag.Kind.LIST,
                "",
                "PART:PORT of a part that runs elsewhere, for --part. Can be repeated."),
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

  @Override
  public String command() {
    return "demo";
  }

  @Override
  public int run(List<String> args) {
    FlagSet flags = flags();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    double rate = rate(flags.get("rate"));
    Faults faults = faults(flags);
    List<URI> endpoints =
        flags.bool("telemetry")
            ? flags.list("otlp.endpoint").stream().map(DemoRole::endpoint).distinct().toList()
            : List.of();
    ShopPart part = flags.get("part").isEmpty() ? null : part(flags.get("part"));
    Map<ShopPart, Integer> peers = peers(flags.list("part.peer"));
    HeapController.keep();
    LogSetup.install(flags);
    String address = flags.get("web.listen-address");
    Consumer<Routes> page = routes -> new FaultPage(faults).routes(routes);
    try {
      if (part != null) {
        try (OtlpQueue queue = new OtlpQueue(endpoints);
            Shop shop =
                ListenFlags.listening(
                    "web.listen-address",
                    () -> new Shop(List.of(part), _ -> address, peers, queue, faults, page))) {
          ShopProcesses.serve(shop.port(part), faults);
        }
        return 0;
      }
      if (flags.bool("separate-processes")) {
        try (ShopProcesses shop =
            ListenFlags.listening(
                "web.listen-address",
                () -> new ShopProcesses(ofParts(flags), address, DemoRole::ended))) {
          return serve(shop.port(), endpoints, rate, () -> "unknown");
        }
      }
      Map<ShopPart, String> addresses = ShopProcesses.addresses(address);
      try (OtlpQueue queue = new OtlpQueue(endpoints);
          Shop shop =
              ListenFlags.listening(
                  "web.listen-address",
                  () ->
                      new Shop(
                          List.of(ShopPart.values()),
                          p -> addresses.getOrDefault(p, address),
                          Map.of(),
                          queue,
                          faults,
                          page))) {
        return serve(shop.port(), endpoints, rate, () -> Long.toString(shop.shipments()));
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Shop not started error=\"{0}\"", IoFailures.describe(e));
      return 1;
    }
  }

  /** Returns the flags of a shop process. */
  private static List<String> ofParts(FlagSet flags) {
    List<String> out = new ArrayList<>();
    out.add("--telemetry=" + flags.bool("telemetry"));
    out.add("--log.level=" + flags.get("log.level"));
    out.add("--log.format=" + flags.get("log.format"));
    for (String name : List.of("otlp.endpoint", "fault")) {
      flags.list(name).stream()
          .filter(v -> !v.isEmpty())
          .forEach(v -> out.add("--" + name + "=" + v));
    }
    return out;
  }

  private static void ended(ShopPart part) {
    if (!Shutdown.isRequested()) {
      LOG.log(Level.ERROR, "Process of the shop ended, the others are stopped part={0}", part.id());
      Shutdown.fail();
    }
  }

  /** Sends visits until the process receives a stop signal. */
  private static int serve(int port, List<URI> endpoints, double rate, Supplier<String> shipments)
      throws IOException {
    LOG.log(
        Level.INFO,
        "Shop started faults=http://127.0.0.1:{0}/faults otlp={1} visits_per_second={2}",
        Integer.toString(port),
        endpoints.isEmpty()
            ? "none"
            : endpoints.stream().map(URI::toString).collect(Collectors.joining(" ")),
        rate);
    if (rate == 0) {
      Shutdown.await();
      return Shutdown.hasFailed() ? 1 : 0;
    }
    try (HttpClientFactory clients = new HttpClientFactory("shopper");
        LoadGenerator load =
            new LoadGenerator(clients.client(HttpClientConfig.DEFAULT), port, rate)) {
      Shutdown.await();
      LOG.log(
          Level.INFO,
          "Shop stopping answered={0} failed={1} shipped={2}",
          load.answered(),
          load.failed(),
          shipments.get());
    }
    return Shutdown.hasFailed() ? 1 : 0;
  }

  private static Faults faults(FlagSet flags) {
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
    return faults;
  }

  private static ShopPart part(String id) {
    return ShopPart.of(id)
        .orElseThrow(
            () ->
                new UsageException(
                    "tethys demo: unknown part '"
                        + id
                        + "'; use "
                        + Arrays.stream(ShopPart.values())
                            .map(ShopPart::id)
                            .collect(Collectors.joining(", "))));
  }

  private static Map<ShopPart, Integer> peers(List<String> texts) {
    Map<ShopPart, Integer> peers = new EnumMap<>(ShopPart.class);
    for (String text : texts) {
      if (!text.isEmpty()) {
        Matcher m = PEER.matcher(text);
        if (!m.matches()) {
          throw new UsageException("tethys demo: --part.peer must be PART:PORT, not " + text);
        }
        peers.put(part(m.group(1)), Integer.parseInt(m.group(2)));
      }
    }
    return peers;
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
