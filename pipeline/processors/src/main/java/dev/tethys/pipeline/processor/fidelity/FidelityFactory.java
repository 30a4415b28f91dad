package dev.tethys.pipeline.processor.fidelity;

import dev.tethys.codec.CodecException;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code fidelity} processors, which forward batches unchanged. An item counts as delivered
 * when everything downstream of the delivery point has accepted its batch. If part of a batch is
 * rejected without naming the items, the outcome of its sampled items is unknown.
 */
public final class FidelityFactory implements ProcessorFactory<FidelitySettings> {
  private static final Duration EXPIRY = Duration.ofSeconds(1);
  private static final int MAX_ENTRIES = 256;

  private record Name(String check, Signal signal) {}

  private final Map<Name, FidelityCheck> checks = new ConcurrentHashMap<>();

  @Override
  public String type() {
    return "fidelity";
  }

  @Override
  public String about() {
    return "Compares a sample of delivered items with the items received.";
  }

  @Override
  public Type<FidelitySettings> settings() {
    return FidelitySettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES, Signal.LOGS);
  }

  @Override
  public Processor create(FidelitySettings s, Signal signal, Consumer next, Context context) {
    FidelityCheck check =
        checks.computeIfAbsent(new Name(s.check(), signal), _ -> new FidelityCheck());
    if (s.sent()) {
      check.define(s, new FidelityMetrics(context.metrics(), s.check(), signal.name()));
      return new Sent(s, check, next, context.account(signal), context.clock());
    }
    return new Delivered(s, check, next, context, signal);
  }

  /**
   * Counts of all checks since process startup: by {@code check@signal}, then by the label values
   * of the metrics.
   */
  public Map<String, Map<String, Long>> results() {
    Map<String, Map<String, Long>> out = new TreeMap<>();
    checks.forEach(
        (name, c) ->
            out.put(name.check + "@" + name.signal.name().toLowerCase(Locale.ROOT), c.results()));
    return out;
  }

  /** Samples items of a batch, which remains unchanged. */
  private static List<FidelityCheck.Sampled> sampled(Batch batch, FidelitySettings s) {
    List<FidelityCheck.Sampled> out = new ArrayList<>();
    try {
      Telemetry<?> tree = batch.takeTree();
      int number = 0;
      for (ResourceGroup<?> r : tree.resources()) {
        for (ScopeGroup<?> g : r.scopes()) {
          for (Object item : g.items()) {
            String id = identity(item, r.resource().attributes(), s.correlation());
            if (id != null && share(id) < s.sample()) {
              out.add(
                  new FidelityCheck.Sampled(id, number, content(item, r.resource().attributes())));
            }
            number++;
          }
        }
      }
      batch.keepTree(tree);
    } catch (CodecException e) {
      return List.of(); // a component that reads the batch reports it
    }
    return out;
  }

  private static @Nullable String identity(Object item, Attributes resource, String correlation) {
    if (!correlation.isEmpty()) {
      Object v = attributes(item).get(correlation);
      v = v == null ? resource.get(correlation) : v;
      return v == null ? null : ValueText.of(v);
    }
    return switch (item) {
      case Span x -> x.traceIdHigh() + "/" + x.traceIdLow() + "/" + x.spanId();
      case LogRecord l ->
          l.traceIdHigh()
              + "/"
              + l.traceIdLow()
              + "/"
              + l.spanId()
              + "/"
              + l.timeUnixNano()
              + "/"
              + ValueText.of(l.body());
      default -> null;
    };
  }

  /** Maps an identity to a number from 0 to 1 that is the same at both points. */
  private static double share(String id) {
    long h = 0xcbf29ce484222325L;
    for (int i = 0; i < id.length(); i++) {
      h = (h ^ id.charAt(i)) * 0x100000001b3L;
    }
    h = (h ^ h >>> 33) * 0xff51afd7ed558ccdL;
    h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
    return ((h ^ h >>> 33) >>> 11) * 0x1p-53;
  }

  private static Attributes attributes(Object item) {
    return switch (item) {
      case Span x -> x.attributes();
      case LogRecord l -> l.attributes();
      default -> new Attributes();
    };
  }

  private static Map<String, String> content(Object item, Attributes resource) {
    Map<String, String> out = new LinkedHashMap<>();
    switch (item) {
      case Span x -> {
        out.put("span.name", x.name());
        out.put("span.kind", Integer.toString(x.kind()));
        out.put("span.status_code", Integer.toString(x.statusCode()));
        out.put("span.start", Long.toString(x.startTimeUnixNano()));
        out.put("span.end", Long.toString(x.endTimeUnixNano()));
      }
      case LogRecord l -> {
        out.put("log.body", ValueText.of(l.body()));
        out.put("log.severity_number", Integer.toString(l.severityNumber()));
        out.put("log.time", Long.toString(l.timeUnixNano()));
      }
      default -> {
        return out;
      }
    }
    resource.forEach((k, v) -> put(out, "resource." + k, v));
    attributes(item).forEach((k, v) -> put(out, k, v));
    return out;
  }

  private static void put(Map<String, String> out, String key, @Nullable Object value) {
    if (out.size() < MAX_ENTRIES) {
      out.put(key, ValueText.of(value));
    }
  }

  /** Point before the processors. */
  private static final class Sent implements Processor {
    private final FidelitySettings settings;
    private final FidelityCheck check;
    private final Consumer next;
    private final ItemAccounting account;
    private final Scheduler clock;
    private volatile boolean stopped;

    Sent(
        FidelitySettings settings,
        FidelityCheck check,
        Consumer next,
        ItemAccounting account,
        Scheduler clock) {
      this.settings = settings;
      this.check = check;
      this.next = next;
      this.account = account;
      this.clock = clock;
    }

    @Override
    public void start() {
      expire();
    }

    private void expire() {
      if (!stopped) {
        check.expire(clock.nanos());
        clock.schedule(EXPIRY, this::expire);
      }
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.through(batch.items());
      List<FidelityCheck.Sampled> all = sampled(batch, settings);
      if (all.isEmpty()) {
        next.consume(batch, ack);
        return;
      }
      all.forEach(x -> check.sent(x, clock.nanos()));
      next.consume(
          batch,
          o -> {
            if (o instanceof Outcome.Unavailable) {
              all.forEach(check::retract);
            }
            ack.complete(o);
          });
    }

    @Override
    public void stop(Duration timeLimit) {
      stopped = true;
      check.undefine(settings);
    }
  }

  /** Point before the exporters. */
  private static final class Delivered implements Processor {
    private final FidelitySettings settings;
    private final FidelityCheck check;
    private final Consumer next;
    private final Context context;
    private final ItemAccounting account;

    Delivered(
        FidelitySettings settings,
        FidelityCheck check,
        Consumer next,
        Context context,
        Signal signal) {
      this.settings = settings;
      this.check = check;
      this.next = next;
      this.context = context;
      this.account = context.account(signal);
    }

    @Override
    public void start() throws IOException {
      if (check.settings() == null) {
        throw new IOException(
            context.name()
                + " has no counterpart: no fidelity processor of this signal has check: "
                + settings.check()
                + " and point: sent");
      }
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.through(batch.items());
      FidelitySettings s = check.settings();
      if (s == null) {
        next.consume(batch, ack);
        return;
      }
      int items = batch.items();
      List<FidelityCheck.Sampled> all = sampled(batch, s);
      next.consume(
          batch,
          o -> {
            answered(all, items, o);
            ack.complete(o);
          });
    }

    private void answered(List<FidelityCheck.Sampled> all, int items, Outcome o) {
      if (o instanceof Outcome.Unavailable) {
        return; // its source sends it again
      }
      int refused = o instanceof Outcome.Rejected r ? Math.clamp(r.items(), 0, items) : 0;
      check.answered(items - refused, refused);
      if (refused == items) {
        return; // sampled ones are missing after the timeout
      }
      boolean known =
          refused == 0 || o instanceof Outcome.Rejected r && r.byItem().size() == refused;
      long now = context.clock().nanos();
      for (FidelityCheck.Sampled x : all) {
        if (!known) {
          check.unknown(x);
        } else if (!(o instanceof Outcome.Rejected r && r.byItem().containsKey(x.number()))) {
          check.delivered(x, now);
        }
      }
    }
  }
}
