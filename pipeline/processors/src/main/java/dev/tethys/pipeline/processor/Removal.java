package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.OttlContext;
import java.util.function.Predicate;

/** Removal of parts of a tree: resources, scopes, items, or parts of items. */
public final class Removal {
  private Removal() {}

  /**
   * Removes the items that match a predicate.
   *
   * @param context context of the items visited by the cursor, such as resource or log
   * @return whether anything was removed
   */
  public static <T extends Item<T>> boolean removeIf(
      Telemetry<T> data, OttlContext context, Cursor at, Predicate<Cursor> drop) {
    if (context == OttlContext.RESOURCE) {
      return data.resources().removeIf(r -> drop.test(cleared(at.atResource(r))));
    }
    boolean changed = false;
    OpenProfiles profiles = new OpenProfiles();
    for (ResourceGroup<T> r : data.resources()) {
      at.atResource(r);
      if (context == OttlContext.SCOPE) {
        changed |= r.scopes().removeIf(s -> drop.test(cleared(at.atScope(s))));
        continue;
      }
      for (ScopeGroup<T> s : r.scopes()) {
        at.atScope(s);
        changed |=
            data instanceof ProfilesData
                ? profiles(s, context, at, profiles, drop)
                : items(s, context, at, drop);
      }
    }
    if (data instanceof ProfilesData p) {
      changed |= profiles.close(p);
    }
    return changed;
  }

  /**
   * Drops profiles, or samples and the profiles that become empty.
   *
   * @return whether profiles were dropped
   */
  private static boolean profiles(
      ScopeGroup<?> s,
      OttlContext context,
      Cursor at,
      OpenProfiles profiles,
      Predicate<Cursor> drop) {
    return s.items()
        .removeIf(
            i -> {
              Profile p = (Profile) i;
              OpenProfile open = profiles.open(p);
              at.atProfile(open);
              if (context == OttlContext.PROFILE) {
                return drop.test(cleared(at));
              }
              if (!open.samples().removeIf(x -> drop.test(cleared(at.atSample(x))))) {
                return false;
              }
              profiles.keep(p, open);
              return open.samples().isEmpty();
            });
  }

  private static Cursor cleared(Cursor at) {
    at.beginItem();
    return at;
  }

  private static <T extends Item<T>> boolean items(
      ScopeGroup<T> s, OttlContext context, Cursor at, Predicate<Cursor> drop) {
    switch (context) {
      case LOG -> {
        return s.items().removeIf(l -> drop.test(cleared(at.atLog((LogRecord) (Object) l))));
      }
      case SPAN -> {
        return s.items().removeIf(x -> drop.test(cleared(at.atSpan((Span) (Object) x))));
      }
      case METRIC -> {
        return s.items().removeIf(x -> drop.test(cleared(at.atMetric((Metric) (Object) x))));
      }
      default -> {
        // parts of items, below
      }
    }
    boolean changed = false;
    for (int i = s.items().size() - 1; i >= 0; i--) {
      Object item = s.items().get(i);
      if (item instanceof Span span) {
        changed |= parts(span, context, at.atSpan(span), drop);
      } else if (item instanceof Metric m && m.data() != null) {
        if (points(m.data(), context, at.atMetric(m), drop)) {
          changed = true;
          if (m.data().points().isEmpty()) {
            s.items().remove(i);
          }
        }
      }
    }
    return changed;
  }

  private static boolean parts(Span span, OttlContext context, Cursor at, Predicate<Cursor> drop) {
    if (context == OttlContext.SPAN_LINK) {
      return span.hasLinks() && span.links().removeIf(l -> drop.test(cleared(at.atLink(l))));
    }
    int[] index = {0};
    return span.hasEvents()
        && span.events().removeIf(e -> drop.test(cleared(at.atEvent(e, index[0]++))));
  }

  private static <P extends DataPoint> boolean points(
      MetricData<P> data, OttlContext context, Cursor at, Predicate<Cursor> drop) {
    return data.points().removeIf(p -> drop.test(cleared(at.atPoint(p))));
  }
}
