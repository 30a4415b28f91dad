package dev.tethys.api.insight;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.costs.CostReport;
import dev.tethys.insight.costs.EntityCost;
import dev.tethys.insight.costs.NodeCost;
import dev.tethys.insight.costs.PriceList;
import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Costs at {@code /api/v1/insight/costs}, in the envelope of {@link InsightApi}. The last report is
 * kept for a minute; reports are computed one after the other.
 */
public final class CostApi {
  private static final String PATH = "/api/v1/insight/costs";

  /** Bytes of a row in a response and while the response is built. */
  private static final long ROW_BYTES = 3_000;

  private static final long DAY = 24 * 3_600_000L;
  private static final long SHORTEST = 5 * 60_000;
  private static final long LONGEST = 7 * DAY;
  private static final long KEPT_MILLIS = 60_000;

  /** Computes the costs of a window of Unix milliseconds. */
  @FunctionalInterface
  public interface Reports {
    CostReport of(World world, long from, long to);
  }

  private final Reports reports;
  private final Supplier<@Nullable World> worlds;
  private final LongSupplier millis;
  private final Object computing = new Object();

  @GuardedBy("computing")
  private @Nullable CostReport last;

  /**
   * @param worlds the entities at present; null until they are known
   * @param millis current time in Unix milliseconds
   */
  public CostApi(Reports reports, Supplier<@Nullable World> worlds, LongSupplier millis) {
    this.reports = reports;
    this.worlds = worlds;
    this.millis = millis;
  }

  /** Adds the endpoint; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PATH, InsightAnswer.of(this::write));
  }

  private void write(HttpRequest request, TextBuffer out) {
    InsightAnswer.checkTenant(request, "costs");
    World world = worlds.get();
    if (world == null) {
      throw new HttpException(503, "entities are not known yet; ask again in some seconds");
    }
    CostReport r = report(world, request);
    request.reserve((r.nodes().size() + r.services().size() + r.workloads().size()) * ROW_BYTES);
    prices(r.prices(), out.put("{\"prices\":"));
    InspectionApi.seconds(r.from(), out.put(",\"from\":"));
    InspectionApi.seconds(r.to(), out.put(",\"to\":"));
    EntityJson.list(r.nodes(), out.put(",\"nodes\":"), CostApi::node);
    EntityJson.list(r.services(), out.put(",\"services\":"), CostApi::owner);
    EntityJson.list(r.workloads(), out.put(",\"workloads\":"), CostApi::owner);
    EntityJson.texts(r.notices(), out.put(",\"notices\":"));
    out.put('}');
  }

  private CostReport report(World world, HttpRequest request) {
    long now = millis.getAsLong();
    String start = request.query().first("start", "");
    String end = request.query().first("end", "");
    long to = end.isEmpty() ? now : InsightApi.millis("end", end);
    long from = start.isEmpty() ? to - DAY : InsightApi.millis("start", start);
    if (to - from < SHORTEST || to - from > LONGEST) {
      throw new HttpException(
          400,
          "the window from start to end has "
              + (to - from) / 1000
              + " s; it must have 5 minutes to 7 days");
    }
    synchronized (computing) {
      CostReport r = last;
      // A page that asks again shortly after, with the same length.
      if (r == null
          || Math.abs(r.to() - to) > KEPT_MILLIS
          || Math.abs((r.to() - r.from()) - (to - from)) > 1_000) {
        r = reports.of(world, from, to);
        last = r;
      }
      return r;
    }
  }

  private static void prices(@Nullable PriceList p, TextBuffer out) {
    if (p == null) {
      out.put("null");
      return;
    }
    out.put("{\"name\":").json(p.name()).put(",\"from\":").json(p.from().toString());
    out.put(",\"currency\":").json(p.currency()).put('}');
  }

  private static void entity(Entity e, TextBuffer out) {
    out.put("{\"entity\":{\"id\":").json(e.id()).put(",\"kind\":").json(e.kind().text());
    out.put(",\"name\":").json(e.name()).put('}');
  }

  private static void node(NodeCost n, TextBuffer out) {
    entity(n.node(), out);
    InspectionApi.number(n.cores(), out.put(",\"cores\":"));
    InspectionApi.number(n.memoryGib(), out.put(",\"memoryGib\":"));
    InspectionApi.number(n.total(), out.put(",\"total\":"));
    InspectionApi.number(n.used(), out.put(",\"used\":"));
    InspectionApi.number(n.requested(), out.put(",\"requested\":"));
    InspectionApi.number(n.idle(), out.put(",\"idle\":"));
    out.put(",\"note\":").json(n.note()).put('}');
  }

  private static void owner(EntityCost c, TextBuffer out) {
    entity(c.entity(), out);
    InspectionApi.number(c.cores(), out.put(",\"cores\":"));
    InspectionApi.number(c.memoryGib(), out.put(",\"memoryGib\":"));
    InspectionApi.number(c.total(), out.put(",\"total\":"));
    InspectionApi.number(c.used(), out.put(",\"used\":"));
    InspectionApi.number(c.requested(), out.put(",\"requested\":"));
    InspectionApi.number(c.disk(), out.put(",\"disk\":"));
    InspectionApi.number(c.zones(), out.put(",\"zones\":"));
    InspectionApi.number(c.internet(), out.put(",\"internet\":"));
    out.put('}');
  }
}
