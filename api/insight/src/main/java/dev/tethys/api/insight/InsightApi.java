package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Entities and relations below {@code /api/v1/insight}. Answers have the envelope of Prometheus's
 * API, and 503 until the model has read its source once. The model has the entities of the default
 * tenant, so that other tenants get 404.
 */
public final class InsightApi {
  private static final String PREFIX = "/api/v1/insight";

  /** Bytes of an entity or a relation in a response and while the response is built. */
  private static final long ENTITY_BYTES = 2_000;

  private static final long RELATION_BYTES = 500;

  private final Supplier<@Nullable EntityModel> models;

  /**
   * @param models the model; null until it is open
   */
  public InsightApi(Supplier<@Nullable EntityModel> models) {
    this.models = models;
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PREFIX + "/world", answer(this::world));
    routes.get(PREFIX + "/entities", answer(this::entities));
    routes.get(PREFIX + "/entity/{id...}", answer(this::entity));
    routes.get(PREFIX + "/rules", answer((model, _, out) -> EntityJson.rules(model, out)));
  }

  /** Writes the field {@code data}. */
  private interface Endpoint {
    void write(EntityModel model, HttpRequest request, TextBuffer out);
  }

  private HttpHandler answer(Endpoint endpoint) {
    return InsightAnswer.of((request, out) -> endpoint.write(model(request), request, out));
  }

  private EntityModel model(HttpRequest request) {
    return model(request, models.get());
  }

  /** The model of a request, once it has read its source. */
  static EntityModel model(HttpRequest request, @Nullable EntityModel model) {
    InsightAnswer.checkTenant(request, "entities");
    if (model == null || model.start() == Long.MAX_VALUE) {
      throw new HttpException(503, "entities are not known yet; ask again in some seconds");
    }
    return model;
  }

  private static World world(EntityModel model, HttpRequest request) {
    String text = request.query().first("time", "");
    World w;
    if (text.isEmpty()) {
      w = model.current();
    } else {
      w = model.at(millis("time", text));
      if (w == null) {
        throw new HttpException(
            404,
            "time "
                + text
                + " is before the history of entities, which starts at "
                + Instant.ofEpochMilli(model.start()));
      }
    }
    request.reserve(w.entities().size() * ENTITY_BYTES + w.relations().size() * RELATION_BYTES);
    return w;
  }

  /**
   * Time in Unix seconds or RFC 3339, in milliseconds.
   *
   * @param name of the parameter
   */
  static long millis(String name, String text) {
    try {
      return text.contains("T")
          ? OffsetDateTime.parse(text).toInstant().toEpochMilli()
          : new BigDecimal(text).movePointRight(3).toBigInteger().longValueExact();
    } catch (NumberFormatException | ArithmeticException | DateTimeException e) {
      throw new HttpException(400, name + " \"" + text + "\" is neither Unix seconds nor RFC 3339");
    }
  }

  private void world(EntityModel model, HttpRequest request, TextBuffer out) {
    World w = world(model, request);
    out.put("{\"start\":");
    EntityJson.time(model.start(), out);
    EntityJson.entities(w.entities(), out.put(",\"entities\":"));
    EntityJson.relations(w.relations(), out.put(",\"relations\":"));
    EntityJson.texts(model.problems(), out.put(",\"problems\":"));
    out.put('}');
  }

  private void entities(EntityModel model, HttpRequest request, TextBuffer out) {
    List<EntityKind> kinds = request.query().all("kind").stream().map(InsightApi::kind).toList();
    List<String> names = request.query().all("name");
    EntityJson.entities(
        world(model, request).entities().stream()
            .filter(e -> kinds.isEmpty() || kinds.contains(e.kind()))
            .filter(e -> names.isEmpty() || names.contains(e.name()))
            .toList(),
        out);
  }

  static EntityKind kind(String text) {
    for (EntityKind k : EntityKind.values()) {
      if (k.text().equals(text)) {
        return k;
      }
    }
    throw new HttpException(
        400,
        "unknown kind \""
            + text
            + "\"; allowed: "
            + String.join(", ", Arrays.stream(EntityKind.values()).map(EntityKind::text).toList()));
  }

  private void entity(EntityModel model, HttpRequest request, TextBuffer out) {
    World w = world(model, request);
    String id = request.pathParam("id");
    Entity e = w.find(id);
    if (e == null) {
      throw new HttpException(404, "there is no entity \"" + id + "\" at this time");
    }
    EntityJson.entity(e, out.put("{\"entity\":"));
    EntityJson.validity(model.validity(e.id()), out.put(",\"validity\":"));
    EntityJson.relations(w.from(e.id()), out.put(",\"outgoing\":"));
    EntityJson.relations(w.to(e.id()), out.put(",\"incoming\":"));
    out.put('}');
  }
}
