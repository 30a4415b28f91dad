package dev.tethys.pipeline.ottl.internal;

import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.internal.Paths.Field;
import java.util.HashMap;
import java.util.Map;

/** Fields of resources and scopes, and the cache, which every context has. */
final class CommonFields {
  static final Field CACHE = Paths.map(Cursor::cache);

  private CommonFields() {}

  static Map<String, Field> resource() {
    Map<String, Field> f = new HashMap<>();
    f.put("attributes", Paths.map(at -> at.resource().resource().attributes()));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.resource().resource().droppedAttributesCount()),
            (at, v) -> at.resource().resource().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "schema_url",
        Paths.string(at -> at.resource().schemaUrl(), (at, v) -> at.resource().setSchemaUrl(v)));
    return f;
  }

  static Map<String, Field> scope() {
    Map<String, Field> f = new HashMap<>();
    f.put(
        "name",
        Paths.string(at -> at.scope().scope().name(), (at, v) -> at.scope().scope().setName(v)));
    f.put(
        "version",
        Paths.string(
            at -> at.scope().scope().version(), (at, v) -> at.scope().scope().setVersion(v)));
    f.put("attributes", Paths.map(at -> at.scope().scope().attributes()));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.scope().scope().droppedAttributesCount()),
            (at, v) -> at.scope().scope().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "schema_url",
        Paths.string(at -> at.scope().schemaUrl(), (at, v) -> at.scope().setSchemaUrl(v)));
    return f;
  }
}
