package dev.tethys.control.fleet;

import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.PipelineAccounts.Control;
import dev.tethys.pipeline.opamp.PipelineAccounts.Exporter;
import dev.tethys.pipeline.opamp.PipelineAccounts.QuotaUse;
import dev.tethys.pipeline.processor.control.ControlAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Item accounts of an agent since it started.
 *
 * @param in items that its receivers accepted
 * @param dropped dropped items by reason
 * @param exporters totals by exporter name and signal; empty if the agent does not report them
 * @param signals losses by signal; empty for an agent that does not report them
 * @param receivers items that receivers accepted and kept, by name and signal; empty for an agent
 *     that does not report them
 * @param controls live controls by id; null for an agent that takes none
 * @param memory resident bytes of its process; 0 for an agent that does not report them
 * @param fidelity counts of checks of fidelity, by {@code check@signal} and result
 */
public record Totals(
    long in,
    long out,
    long queued,
    long deadLettered,
    long returned,
    Map<String, Long> dropped,
    Map<String, Exporter> exporters,
    Map<String, Losses> signals,
    Map<String, Long> receivers,
    @Nullable Map<String, Control> controls,
    long memory,
    Map<String, Map<String, Long>> fidelity) {
  /** Accounts of an agent that does not report its receivers. */
  public Totals(
      long in,
      long out,
      long queued,
      long deadLettered,
      long returned,
      Map<String, Long> dropped,
      Map<String, Exporter> exporters,
      Map<String, Losses> signals,
      @Nullable Map<String, Control> controls,
      long memory,
      Map<String, Map<String, Long>> fidelity) {
    this(
        in,
        out,
        queued,
        deadLettered,
        returned,
        dropped,
        exporters,
        signals,
        Map.of(),
        controls,
        memory,
        fidelity);
  }

  /** Key of the total losses of all signals. */
  public static final String ALL = "";

  /** Text before the signal in the name of an exporter. */
  public static final String SIGNAL = AgentContract.SIGNAL;

  public static final Totals NONE =
      new Totals(0, 0, 0, 0, 0, Map.of(), Map.of(), Map.of(), null, 0, Map.of());

  /**
   * Items received, and items that reach no destination, excluding intentional drops by live
   * controls.
   *
   * @param reasons lost items by reason; empty if unknown
   */
  public record Losses(long in, long lost, Map<String, Long> reasons) {
    public static final Losses NONE = new Losses(0, 0);

    Losses(long in, long lost) {
      this(in, lost, Map.of());
    }

    private static Losses of(long in, long deadLettered, Map<String, Long> dropped) {
      Map<String, Long> reasons = new TreeMap<>(dropped);
      reasons.keySet().removeIf(ControlAction::isReason);
      if (deadLettered > 0) {
        reasons.merge(DEAD_LETTERED, deadLettered, Long::sum);
      }
      return new Losses(in, reasons.values().stream().mapToLong(x -> x).sum(), reasons);
    }
  }

  private static final String DEAD_LETTERED = "dead-lettered";

  /** Maximum number of reasons and controls listed separately. */
  private static final int MAX_NAMES = 256;

  /** Values of quotas that are kept of a report, over all live controls. */
  private static final int MAX_QUOTAS = 10_000;

  /** Most tokens of JSON in a report; a larger one is ignored. */
  private static final int MAX_TOKENS = 400_000;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(16)
                          .maxTokenCount(MAX_TOKENS)
                          .build())
                  .build())
          .build();
  private static final int MAX_SIGNALS = 8;
  private static final int MAX_RESULTS = 16;
  private static final String OTHER = "other";
  private static final Control NO_COUNTS = new Control(false, 0, 0, 0, 0, 0, false, List.of());

  /** Reads the accounts in a report; null if it has none. */
  public static @Nullable Totals read(byte[] json) {
    try {
      JsonNode n = JSON.readTree(json);
      return n.isObject() ? of(n) : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static Totals of(JsonNode n) {
    return new Totals(
        n.path("in").asLong(0),
        n.path("out").asLong(0),
        n.path("queued").asLong(0),
        n.path("deadLettered").asLong(0),
        n.path("returned").asLong(0),
        dropped(n),
        exporters(n),
        signals(n),
        receivers(n),
        controls(n),
        n.path("memory").asLong(0),
        fidelity(n));
  }

  private static Map<String, Map<String, Long>> fidelity(JsonNode n) {
    Map<String, Map<String, Long>> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> check : n.path("fidelity").properties()) {
      Map<String, Long> results = new TreeMap<>();
      for (Map.Entry<String, JsonNode> e : check.getValue().properties()) {
        if (results.size() < MAX_RESULTS) {
          results.put(Texts.shortened(e.getKey(), 16), e.getValue().asLong(0));
        }
      }
      if (out.size() < MAX_NAMES) {
        out.put(Texts.shortened(check.getKey(), 120), results);
      }
    }
    return out;
  }

  /**
   * Last accounts of a process that has ended.
   *
   * @param process start of it, Unix nanoseconds
   */
  record Ended(long process, Totals totals) {}

  /** Reads the accounts of ended processes in a report; empty if it has none. */
  static List<Ended> readEnded(byte[] json) {
    List<Ended> out = new ArrayList<>();
    try {
      for (JsonNode n : JSON.readTree(json)) {
        if (out.size() < MAX_NAMES && n.path(AgentContract.TOTALS).isObject()) {
          out.add(
              new Ended(
                  n.path(AgentContract.ENDED_PROCESS).asLong(0), of(n.path(AgentContract.TOTALS))));
        }
      }
    } catch (JacksonException e) {
      return List.of();
    }
    return out;
  }

  private static Map<String, Long> dropped(JsonNode n) {
    Map<String, Long> dropped = new TreeMap<>();
    n.path("dropped")
        .properties()
        .forEach(
            e -> {
              String reason = Texts.shortened(e.getKey(), 80);
              dropped.merge(
                  dropped.size() < MAX_NAMES || dropped.containsKey(reason) ? reason : OTHER,
                  e.getValue().asLong(0),
                  Long::sum);
            });
    return dropped;
  }

  private static Map<String, Losses> signals(JsonNode n) {
    Map<String, Losses> out = new TreeMap<>();
    n.path("signals")
        .properties()
        .forEach(
            e -> {
              if (out.size() < MAX_SIGNALS) {
                JsonNode s = e.getValue();
                out.put(
                    Texts.shortened(e.getKey(), 16),
                    Losses.of(
                        s.path("in").asLong(0), s.path("deadLettered").asLong(0), dropped(s)));
              }
            });
    return out;
  }

  private static Map<String, Long> receivers(JsonNode n) {
    Map<String, Long> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : n.path("receivers").properties()) {
      if (out.size() < MAX_NAMES) {
        out.put(Texts.shortened(e.getKey(), 80), e.getValue().asLong(0));
      }
    }
    return out;
  }

  private static Map<String, Exporter> exporters(JsonNode n) {
    Map<String, Exporter> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : n.path("exporters").properties()) {
      if (out.size() < MAX_NAMES) {
        JsonNode x = e.getValue();
        out.put(
            Texts.shortened(e.getKey(), 80),
            new Exporter(
                x.path("in").asLong(0),
                x.path("out").asLong(0),
                x.path("queued").asLong(0),
                x.path("oldestMillis").asLong(-1)));
      }
    }
    return out;
  }

  private static @Nullable Map<String, Control> controls(JsonNode n) {
    if (!n.path("controls").isObject()) {
      return null;
    }
    Map<String, Control> out = new TreeMap<>();
    int[] left = {MAX_QUOTAS};
    n.path("controls")
        .properties()
        .forEach(
            e -> {
              if (out.size() < MAX_NAMES) {
                out.put(
                    Texts.shortened(e.getKey(), 64),
                    new Control(
                        e.getValue().path("active").asBoolean(false),
                        e.getValue().path("startMillis").asLong(0),
                        e.getValue().path("matched").asLong(0),
                        e.getValue().path("dropped").asLong(0),
                        e.getValue().path("changed").asLong(0),
                        e.getValue().path("removedBytes").asLong(0),
                        e.getValue().path("targetMissing").asBoolean(false),
                        quotas(e.getValue().path("quotas"), left)));
              }
            });
    return out;
  }

  private static List<QuotaUse> quotas(JsonNode n, int[] left) {
    List<QuotaUse> out = new ArrayList<>();
    for (JsonNode u : n) {
      if (left[0]-- > 0) {
        out.add(
            new QuotaUse(
                Texts.shortened(u.path("value").asString(""), 256),
                u.path("used").asDouble(0),
                u.path("limit").asDouble(0),
                Texts.shortened(u.path("step").asString(""), 16),
                u.path("period").asLong(0)));
      }
    }
    return out;
  }

  /**
   * Returns the counts of a control; zeros if the agent has none, or only those of an earlier
   * control with its ID.
   */
  public Control control(String id, long startMillis) {
    Control c = controls == null ? null : controls.get(id);
    return c == null || c.startMillis() != startMillis ? NO_COUNTS : c;
  }

  /**
   * Returns the items that reached no destination, excluding those dropped on purpose by live
   * controls.
   */
  public long lost() {
    return Losses.of(in, deadLettered, dropped).lost();
  }

  /**
   * Returns the items accepted, delivered and queued, by exporter, and under {@code @SIGNAL} for
   * each signal that has exporters, from its receivers to these and without losses.
   */
  public Map<String, Exporter> deliveries() {
    Map<String, Exporter> out = new TreeMap<>(exporters);
    signals.forEach(
        (signal, x) -> {
          long delivered = 0;
          long held = 0;
          boolean any = false;
          for (Map.Entry<String, Exporter> e : exporters.entrySet()) {
            if (e.getKey().endsWith(SIGNAL + signal)) {
              any = true;
              delivered += e.getValue().out();
              held += e.getValue().queued();
            }
          }
          if (any) {
            out.put(SIGNAL + signal, new Exporter(x.in() - x.lost(), delivered, held, -1));
          }
        });
    return out;
  }

  /**
   * Returns the items received: in total under {@link #ALL}, by signal under {@code @SIGNAL}, and
   * by receiver under {@code NAME@SIGNAL}.
   */
  Map<String, Long> intake() {
    Map<String, Long> out = new TreeMap<>(receivers);
    signals.forEach((signal, x) -> out.put(SIGNAL + signal, x.in()));
    out.put(ALL, in);
    return out;
  }

  /** Returns the losses without reasons, for stored points. */
  Map<String, Losses> lossCounts() {
    Map<String, Losses> out = new TreeMap<>();
    losses().forEach((signal, x) -> out.put(signal, new Losses(x.in(), x.lost())));
    return out;
  }

  /** Losses by signal, and under {@link #ALL} of in total. */
  public Map<String, Losses> losses() {
    Map<String, Losses> out = new TreeMap<>(signals);
    out.put(ALL, Losses.of(in, deadLettered, dropped));
    return out;
  }
}
