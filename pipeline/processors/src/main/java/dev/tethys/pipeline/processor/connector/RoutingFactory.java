package dev.tethys.pipeline.processor.connector;

import dev.tethys.codec.CodecException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.ClientInfo;
import dev.tethys.pipeline.ottl.Condition;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlException;
import dev.tethys.pipeline.ottl.OttlFunctions;
import dev.tethys.pipeline.ottl.Statement;
import dev.tethys.pipeline.ottl.Statements;
import dev.tethys.pipeline.processor.Clients;
import dev.tethys.pipeline.processor.OttlConfig;
import dev.tethys.pipeline.processor.OttlMetrics;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code routing} connectors: each row of a table moves the items that match its condition
 * to its pipelines; items without a match go to the default pipelines.
 */
public final class RoutingFactory implements ConnectorFactory<RoutingFactory.Settings> {
  /** The route of items that match no row, if there are no default pipelines. */
  static final String UNROUTED = "unrouted";

  /** The table. */
  public record Settings(List<Row> table, List<PipelineId> defaults, ErrorMode errorMode) {}

  /**
   * One row of the routing table.
   *
   * @param context null if it is inferred from the condition
   * @param editor whether the condition follows an editor and a {@code where}
   */
  public record Row(
      YamlNode at,
      @Nullable OttlContext context,
      String condition,
      boolean editor,
      boolean copies,
      List<PipelineId> pipelines) {}

  private static final Type<PipelineId> PIPELINE =
      Type.of("pipeline", null, n -> n.parse(PipelineId::parse));

  /** Contexts that can be routed; nested items move along. */
  private static final Set<OttlContext> ROUTED =
      EnumSet.of(
          OttlContext.RESOURCE,
          OttlContext.SCOPE,
          OttlContext.LOG,
          OttlContext.SPAN,
          OttlContext.METRIC,
          OttlContext.DATA_POINT);

  /** Editors allowed in a statement in addition to routing, as in the Collector. */
  private static final Pattern EDITORS =
      Pattern.compile("(delete_key|delete_matching_keys)\\s*\\(.*", Pattern.DOTALL);

  /** Quoted text, or the start of a client path, whose first name may be omitted. */
  private static final Pattern SENDER =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|(?<![\\w.])((?:client|grpc)\\s*\\.)");

  private static final Section ROW =
      new Section("route", "Condition and the pipelines of the items that match it.");
  private static final Key<String> CONTEXT =
      ROW.key(
          "context",
          Type.STRING,
          "",
          "Context of the condition: resource, scope, span, metric, datapoint, "
              + "log, otelcol or request; inferred from the condition if absent, else "
              + "resource.");
  private static final Key<String> CONDITION =
      ROW.key("condition", Type.STRING, "", "OTTL condition of the items.");
  private static final Key<String> STATEMENT =
      ROW.key(
          "statement",
          Type.STRING,
          "",
          "OTTL statement: route(), delete_key(...) or "
              + "delete_matching_keys(...), with where ...");
  private static final Key<String> ACTION =
      ROW.key(
          "action",
          Type.STRING,
          "move",
          "Action on matching items: move, or copy so that later routes see them " + "too.");
  private static final Key<List<PipelineId>> PIPELINES =
      ROW.required("pipelines", Type.list(PIPELINE), "Pipelines that receive the matching items.");

  private static final Section SECTION =
      new Section("routing", "Routes items to pipelines by conditions.")
          .removed("match_once", "remove it, an item takes the first route that matches");
  private static final Key<List<Row>> TABLE =
      SECTION.required(
          "table",
          Type.list(ROW.type(RoutingFactory::row)),
          "Routes; the first that matches applies.");
  private static final Key<List<PipelineId>> DEFAULTS =
      SECTION.key(
          "default_pipelines",
          Type.list(PIPELINE),
          List.of(),
          "Pipelines that receive all other items.");
  private static final Key<ErrorMode> ERROR_MODE =
      SECTION.key(
          "error_mode", OttlConfig.ERROR_MODE, ErrorMode.IGNORE, "Handling of evaluation errors.");

  private final Ottl ottl;

  public RoutingFactory(InstantSource clock) {
    ottl = new Ottl(OttlFunctions.standard(clock));
  }

  private static Row row(YamlObject o) {
    String condition = o.get(CONDITION);
    String statement = o.get(STATEMENT).strip();
    if (condition.isEmpty() == statement.isEmpty()) {
      throw o.error("needs a condition");
    }
    boolean editor = EDITORS.matcher(statement).matches();
    if (editor) {
      condition = statement;
    } else if (!statement.isEmpty()) {
      if (!statement.startsWith("route()")) {
        throw o.error(STATEMENT, "begins with route(), delete_key( or delete_matching_keys(");
      }
      String rest = statement.substring("route()".length()).strip();
      condition = rest.isEmpty() ? "true" : rest.replaceFirst("^where\\s+", "");
    }
    boolean copies =
        switch (o.get(ACTION)) {
          case "move" -> false;
          case "copy" -> true;
          default -> throw o.error(ACTION, "is move or copy");
        };
    if (o.get(PIPELINES).isEmpty()) {
      throw o.error(PIPELINES, "names no pipeline");
    }
    return switch (o.get(CONTEXT)) {
      case "" -> new Row(o.node(), null, condition, editor, copies, o.get(PIPELINES));
      case "request" -> {
        if (editor) {
          throw o.error(STATEMENT, "cannot edit a request");
        }
        // request["k"] is the metadata of the batch.
        String c =
            condition.replaceAll(
                "\\brequest\\s*\\[\\s*(\"[^\"]*\")\\s*\\]", "otelcol.client.metadata[$1][0]");
        yield new Row(o.node(), OttlContext.RESOURCE, c, false, copies, o.get(PIPELINES));
      }
      // All resources of a batch have the same client.
      case "otelcol" ->
          new Row(
              o.node(),
              OttlContext.RESOURCE,
              ofSender(condition),
              editor,
              copies,
              o.get(PIPELINES));
      default -> {
        OttlContext context = OttlContext.of(o.get(CONTEXT));
        if (context == null || !ROUTED.contains(context)) {
          throw o.error(
              CONTEXT, "is resource, scope, span, metric, datapoint, log, otelcol or request");
        }
        yield new Row(o.node(), context, condition, editor, copies, o.get(PIPELINES));
      }
    };
  }

  private static String ofSender(String condition) {
    return SENDER
        .matcher(condition)
        .replaceAll(
            m -> Matcher.quoteReplacement(m.group(1) == null ? m.group() : "otelcol." + m.group()));
  }

  @Override
  public String type() {
    return "routing";
  }

  @Override
  public String about() {
    return "Gives items to pipelines by OTTL conditions.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (o.get(TABLE).isEmpty()) {
            throw o.error(TABLE, "has no rows");
          }
          return new Settings(o.get(TABLE), o.get(DEFAULTS), o.get(ERROR_MODE));
        });
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return from == to;
  }

  @Override
  public Connector create(
      Settings settings,
      Signal from,
      Signal to,
      Outputs outputs,
      dev.tethys.pipeline.component.Context context) {
    List<Routing.Route> routes = new ArrayList<>();
    List<Conditions> shown = new ArrayList<>();
    List<Statements> editing = new ArrayList<>();
    List<OttlContext> contexts =
        OttlConfig.contexts(from).stream().filter(ROUTED::contains).toList();
    ErrorMode mode = settings.errorMode();
    for (Row r : settings.table()) {
      List<String> text = List.of(r.condition());
      List<dev.tethys.pipeline.Consumer> consumers = consumers(r.pipelines(), outputs, r.at());
      if (r.editor()) {
        Statements s = load(r, c -> ottl.statements(contexts, c, List.of(), text, mode));
        Statement first = s.statements().getFirst();
        editing.add(s);
        routes.add(
            new Routing.Route(s.context(), at -> first.run(at, mode), r.copies(), consumers));
      } else {
        Conditions s = load(r, c -> ottl.conditions(contexts, c, text, mode));
        Condition first = s.conditions().getFirst();
        shown.add(s);
        routes.add(
            new Routing.Route(s.context(), at -> first.holds(at, mode), r.copies(), consumers));
      }
    }
    List<dev.tethys.pipeline.Consumer> defaults =
        settings.defaults().isEmpty()
            ? List.of()
            : consumers(settings.defaults(), outputs, settings.table().getFirst().at());
    String id = context.id().toString();
    context.metrics().register(OttlMetrics.conditions(id, from, shown));
    if (!editing.isEmpty()) {
      context.metrics().register(OttlMetrics.statements(id, from, editing));
    }
    return new Routing(routes, defaults, from, context.account(from));
  }

  /** Loads for the row's context; without one, for the inferred context or for resources. */
  private static <T> T load(Row r, Function<@Nullable OttlContext, T> loading) {
    return OttlConfig.load(
        r.at(),
        () -> {
          try {
            return loading.apply(r.context());
          } catch (OttlException e) {
            if (r.context() != null) {
              throw e;
            }
            try {
              return loading.apply(OttlContext.RESOURCE);
            } catch (OttlException asResource) {
              e.addSuppressed(asResource);
              throw e;
            }
          }
        });
  }

  private static List<dev.tethys.pipeline.Consumer> consumers(
      List<PipelineId> ids, Outputs outputs, YamlNode at) {
    List<dev.tethys.pipeline.Consumer> to = new ArrayList<>();
    for (PipelineId id : ids) {
      if (!outputs.pipelines().contains(id)) {
        throw at.error("the pipeline " + id + " does not have this connector among its receivers");
      }
      to.add(outputs.to(id));
    }
    return to;
  }

  /** Splits batches. */
  private static final class Routing implements Connector {
    /** A row, ready. */
    private record Route(
        OttlContext context,
        Predicate<Cursor> wants,
        boolean copies,
        List<dev.tethys.pipeline.Consumer> to) {}

    /** A part of a batch in transit. */
    private record Part(Batch batch, List<dev.tethys.pipeline.Consumer> to) {}

    private final List<Route> routes;
    private final List<dev.tethys.pipeline.Consumer> defaults;
    private final Signal signal;
    private final ItemAccounting account;

    Routing(
        List<Route> routes,
        List<dev.tethys.pipeline.Consumer> defaults,
        Signal signal,
        ItemAccounting account) {
      this.routes = List.copyOf(routes);
      this.defaults = List.copyOf(defaults);
      this.signal = signal;
      this.account = account;
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.take(batch.items());
      List<Part> parts = new ArrayList<>();
      int held = batch.items();
      int out = 0;
      try {
        Telemetry<?> data = batch.takeTree();
        ClientInfo client = Clients.of(batch.metadata());
        for (Route r : routes) {
          Telemetry<?> taken = take(data, r, client);
          if (taken.itemCount() > 0) {
            parts.add(new Part(batch.with(signal, taken), r.to()));
          }
        }
        data.removeEmpty();
        if (data.itemCount() > 0 && !defaults.isEmpty()) {
          parts.add(new Part(batch.with(signal, data), defaults));
        }
      } catch (CodecException | EvaluationException e) {
        account.drop(
            e instanceof CodecException ? TreeProcessor.MALFORMED : TreeProcessor.FAILED, held);
        ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), held));
        return;
      }
      int ways = 0;
      for (Part p : parts) {
        out += p.batch().items();
        ways += p.to().size();
      }
      if (out > held) {
        account.create(out - held);
      } else {
        account.drop(UNROUTED, held - out);
      }
      account.pass(out);
      if (ways == 0) {
        ack.complete(Outcome.ACCEPTED);
        return;
      }
      AckCallback joined = AckCallback.join(ack, ways);
      for (Part p : parts) {
        if (p.to().size() > 1) {
          p.batch().share();
        }
        for (dev.tethys.pipeline.Consumer c : p.to()) {
          c.consume(p.batch(), joined);
        }
      }
    }

    @SuppressWarnings("unchecked") // a copy of a tree is of its class
    private <T extends Item<T>> Telemetry<T> take(Telemetry<T> data, Route r, ClientInfo client) {
      Telemetry<T> taken = (Telemetry<T>) empty(data);
      Cursor at = new Cursor().from(client);
      for (var groups = data.resources().iterator(); groups.hasNext(); ) {
        ResourceGroup<T> g = groups.next();
        at.atResource(g);
        if (r.context() == OttlContext.RESOURCE) {
          if (holds(r, at)) {
            taken.resources().add(r.copies() ? g.copy() : g);
            if (!r.copies()) {
              groups.remove();
            }
          }
          continue;
        }
        ResourceGroup<T> to = new ResourceGroup<>();
        for (ScopeGroup<T> s : g.scopes()) {
          at.atScope(s);
          ScopeGroup<T> t = new ScopeGroup<>();
          boolean whole = r.context() == OttlContext.SCOPE && holds(r, at);
          if (r.context() != OttlContext.SCOPE || whole) {
            s.items().removeIf(i -> takes(i, r, at, whole, t));
          }
          if (!t.items().isEmpty()) {
            t.setScope(s.scope().copy()); // after any edits by a statement
            t.setSchemaUrl(s.schemaUrl());
            to.scopes().add(t);
          }
        }
        if (!to.scopes().isEmpty()) {
          to.setResource(g.resource().copy());
          to.setSchemaUrl(g.schemaUrl());
          taken.resources().add(to);
        }
      }
      return taken;
    }

    private static Telemetry<?> empty(Telemetry<?> like) {
      return switch (like) {
        case dev.tethys.model.telemetry.LogsData _ -> new dev.tethys.model.telemetry.LogsData();
        case dev.tethys.model.telemetry.TracesData _ -> new dev.tethys.model.telemetry.TracesData();
        case dev.tethys.model.telemetry.MetricsData _ ->
            new dev.tethys.model.telemetry.MetricsData();
        case dev.tethys.model.telemetry.ProfilesData _ ->
            new dev.tethys.model.telemetry.ProfilesData();
      };
    }

    private static boolean holds(Route r, Cursor at) {
      at.beginItem();
      return r.wants().test(at);
    }

    /** Adds a matching item to a scope; returns whether it leaves its original place. */
    private <T extends Item<T>> boolean takes(
        T item, Route r, Cursor at, boolean whole, ScopeGroup<T> to) {
      if (r.context() == OttlContext.DATA_POINT && item instanceof Metric m) {
        return points(item, m, r, at.atMetric(m), to);
      }
      switch ((Object) item) {
        case LogRecord l -> at.atLog(l);
        case Span s -> at.atSpan(s);
        case Metric m -> at.atMetric(m);
        case Profile _ -> {
          // a scope is the innermost context that conditions use
        }
        default -> throw new AssertionError();
      }
      if (!whole && !holds(r, at)) {
        return false;
      }
      to.items().add(r.copies() ? item.copy() : item);
      return !r.copies();
    }

    private <T extends Item<T>> boolean points(
        T item, Metric m, Route r, Cursor at, ScopeGroup<T> to) {
      MetricData<?> data = m.data();
      if (data == null) {
        return false;
      }
      boolean[] wanted = new boolean[data.points().size()];
      int n = 0;
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = holds(r, at.atPoint(data.points().get(i)));
        n += wanted[i] ? 1 : 0;
      }
      if (n == 0) {
        return false;
      }
      T copy = item.copy();
      keep(((Metric) (Object) copy).data(), wanted, true);
      to.items().add(copy);
      if (!r.copies()) {
        keep(data, wanted, false);
      }
      return data.points().isEmpty();
    }

    private static <P extends DataPoint> void keep(
        @Nullable MetricData<P> data, boolean[] wanted, boolean which) {
      int[] i = {0};
      java.util.Objects.requireNonNull(data).points().removeIf(_ -> wanted[i[0]++] != which);
    }
  }
}
