package dev.tethys.pipeline.processor.filter;

import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlFunctions;
import dev.tethys.pipeline.processor.Clients;
import dev.tethys.pipeline.processor.Match;
import dev.tethys.pipeline.processor.OttlConfig;
import dev.tethys.pipeline.processor.OttlMetrics;
import dev.tethys.pipeline.processor.Removal;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Creates {@code filter} processors. */
public final class FilterFactory implements ProcessorFactory<FilterConfig> {
  private final Ottl ottl;

  public FilterFactory(InstantSource clock) {
    ottl = ottl(clock);
  }

  /** Returns the language of filter conditions. */
  public static Ottl ottl(InstantSource clock) {
    return new Ottl(OttlFunctions.standard(clock).with(PointFunctions.all()));
  }

  @Override
  public String type() {
    return "filter";
  }

  @Override
  public String about() {
    return "Drops items that OTTL conditions name.";
  }

  @Override
  public Type<FilterConfig> settings() {
    return FilterConfig.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Processor create(FilterConfig settings, Signal signal, Consumer next, Context context) {
    FilterConfig.Rules rules = Objects.requireNonNull(settings.rules().get(signal));
    List<Conditions> groups = new ArrayList<>();
    for (FilterConfig.Group g : rules.groups()) {
      Conditions c =
          OttlConfig.load(
              g.at(),
              () ->
                  ottl.conditions(
                      OttlConfig.contexts(signal), g.context(), g.conditions(), g.errorMode()));
      if (c.context() == dev.tethys.pipeline.ottl.OttlContext.EXEMPLAR) {
        throw g.at().error("exemplars cannot be dropped one by one; filter data points");
      }
      groups.add(c);
    }
    context.metrics().register(OttlMetrics.conditions(context.id().toString(), signal, groups));
    return new Filter(rules, groups, next, context.account(signal));
  }

  /** Applies the groups in order, each to the items left by the previous ones. */
  private static final class Filter extends TreeProcessor {
    private final FilterConfig.Rules rules;
    private final List<Conditions> groups;

    Filter(
        FilterConfig.Rules rules, List<Conditions> groups, Consumer next, ItemAccounting account) {
      super(next, account);
      this.rules = rules;
      this.groups = List.copyOf(groups);
    }

    @Override
    protected boolean edit(Telemetry<?> data, Batch batch) {
      boolean changed = false;
      Cursor at = new Cursor().from(Clients.of(batch.metadata()));
      Match include = rules.include();
      Match exclude = rules.exclude();
      if (include != null || exclude != null) {
        changed = older(data, include, exclude);
      }
      for (Conditions c : groups) {
        changed |= Removal.removeIf(data, c.context(), at, c::any);
      }
      return changed;
    }

    private static <T extends Item<T>> boolean older(
        Telemetry<T> data,
        @org.jspecify.annotations.Nullable Match include,
        @org.jspecify.annotations.Nullable Match exclude) {
      boolean changed = false;
      for (ResourceGroup<T> r : data.resources()) {
        for (ScopeGroup<T> s : r.scopes()) {
          changed |=
              s.items()
                  .removeIf(
                      i ->
                          include != null && !matches(include, r, s, i)
                              || exclude != null && excludes(exclude, r, s, i));
        }
      }
      return changed;
    }

    private static boolean excludes(Match m, ResourceGroup<?> r, ScopeGroup<?> s, Object item) {
      return item instanceof Metric x
          ? m.excludes(r.resource(), s.scope(), x)
          : !m.isEmpty() && matches(m, r, s, item);
    }

    private static boolean matches(Match m, ResourceGroup<?> r, ScopeGroup<?> s, Object item) {
      return switch (item) {
        case Span x -> m.span(r.resource(), s.scope(), x);
        case LogRecord x -> m.log(r.resource(), s.scope(), x);
        case Metric x -> m.metric(r.resource(), s.scope(), x, null);
        default -> throw new AssertionError();
      };
    }
  }
}
