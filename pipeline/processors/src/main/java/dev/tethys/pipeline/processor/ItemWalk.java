package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.ottl.ClientInfo;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlContext;
import java.util.List;
import java.util.function.Consumer;

/** Iterates over the items of a tree. */
public final class ItemWalk {
  /** Maximum factor by which the number of metrics of a scope may grow during an iteration. */
  static final int MAX_GROWTH = 20;

  private ItemWalk() {}

  /**
   * Shows every item of a context, including metrics appended in the meantime.
   *
   * @throws EvaluationException if metrics are appended without end
   */
  public static void each(
      Telemetry<?> data, OttlContext context, ClientInfo client, Consumer<Cursor> visitor) {
    Cursor at = new Cursor().from(client);
    OpenProfiles profiles = new OpenProfiles();
    for (ResourceGroup<?> r : data.resources()) {
      at.atResource(r);
      if (context == OttlContext.RESOURCE) {
        show(at, visitor);
        continue;
      }
      for (ScopeGroup<?> s : r.scopes()) {
        at.atScope(s);
        if (context == OttlContext.SCOPE) {
          show(at, visitor);
        } else if (data instanceof ProfilesData) {
          s.items().forEach(i -> profile(at, profiles, (Profile) i, context, visitor));
        } else {
          items(at, s.items(), context, visitor);
        }
      }
    }
    if (data instanceof ProfilesData p) {
      profiles.close(p);
    }
  }

  private static void profile(
      Cursor at, OpenProfiles profiles, Profile p, OttlContext context, Consumer<Cursor> visitor) {
    OpenProfile open = profiles.open(p);
    at.atProfile(open);
    if (context == OttlContext.PROFILE) {
      show(at, visitor);
    } else {
      open.samples().forEach(s -> show(at.atSample(s), visitor));
    }
    profiles.keep(p, open);
  }

  private static void items(
      Cursor at, List<?> items, OttlContext context, Consumer<Cursor> visitor) {
    long most = (long) MAX_GROWTH * Math.max(10, items.size());
    // Not an iterator: editors append metrics.
    for (int i = 0; i < items.size(); i++) {
      if (i > most) {
        throw new EvaluationException(
            "statements create metrics for each metric they create; add a where");
      }
      switch (items.get(i)) {
        case LogRecord l -> show(at.atLog(l), visitor);
        case Span s -> span(at.atSpan(s), s, context, visitor);
        case Metric m -> metric(at.atMetric(m), m, context, visitor);
        default -> throw new AssertionError();
      }
    }
  }

  private static void span(Cursor at, Span s, OttlContext context, Consumer<Cursor> visitor) {
    switch (context) {
      case SPAN -> show(at, visitor);
      case SPAN_EVENT -> {
        if (s.hasEvents()) {
          List<SpanEvent> events = s.events();
          for (int i = 0; i < events.size(); i++) {
            show(at.atEvent(events.get(i), i), visitor);
          }
        }
      }
      case SPAN_LINK -> {
        if (s.hasLinks()) {
          List<SpanLink> links = s.links();
          for (int i = 0; i < links.size(); i++) {
            show(at.atLink(links.get(i)), visitor);
          }
        }
      }
      default -> throw new AssertionError(context);
    }
  }

  private static void metric(Cursor at, Metric m, OttlContext context, Consumer<Cursor> visitor) {
    if (context == OttlContext.METRIC) {
      show(at, visitor);
      return;
    }
    if (m.data() == null) {
      return;
    }
    for (DataPoint p : List.copyOf(m.data().points())) {
      at.atPoint(p);
      if (context == OttlContext.DATA_POINT) {
        show(at, visitor);
      } else {
        for (Exemplar e : exemplars(p)) {
          show(at.atExemplar(e), visitor);
        }
      }
    }
  }

  private static List<Exemplar> exemplars(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n -> n.hasExemplars() ? n.exemplars() : List.of();
      case HistogramDataPoint h -> h.hasExemplars() ? h.exemplars() : List.of();
      case ExponentialHistogramDataPoint e -> e.hasExemplars() ? e.exemplars() : List.of();
      case SummaryDataPoint _ -> List.of();
    };
  }

  private static void show(Cursor at, Consumer<Cursor> visitor) {
    at.beginItem();
    visitor.accept(at);
  }
}
