package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.EntityRef;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ProfileDictionary;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;

/**
 * Reads requests into the tree. Text values of attributes and bodies stay in the buffer until they
 * are read, so the buffer must no longer be written to; names are cached across requests.
 * Thread-safe.
 *
 * <p>Fields with an unexpected wire type are treated as unknown fields, as in protobuf. Requests
 * that have not passed {@link OtlpCheck} may cause a {@link dev.tethys.codec.CodecException}.
 */
public final class OtlpReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int VARINT = ProtoReader.VARINT;

  private final NameCache names = new NameCache();

  public LogsData logs(byte[] buf, int offset, int length) {
    LogsData data = new LogsData();
    FieldReader f = new FieldReader(names, buf, offset, length);
    request(f, data, new LogReader(f));
    return data;
  }

  public TracesData traces(byte[] buf, int offset, int length) {
    TracesData data = new TracesData();
    FieldReader f = new FieldReader(names, buf, offset, length);
    request(f, data, new SpanReader(f));
    return data;
  }

  public MetricsData metrics(byte[] buf, int offset, int length) {
    MetricsData data = new MetricsData();
    FieldReader f = new FieldReader(names, buf, offset, length);
    request(f, data, new MetricReader(f));
    return data;
  }

  /**
   * Reads profiles unmodified. References of resources and scopes to the dictionary are resolved:
   * in the tree they are plain text.
   */
  public ProfilesData profiles(byte[] buf, int offset, int length) {
    ProfilesData data = new ProfilesData();
    ProfileDictionary dictionary = ProfileReader.dictionary(buf, offset, length);
    FieldReader f = new FieldReader(names, buf, offset, length);
    f.dictionary = dictionary;
    request(f, data, new ProfileReader(f, dictionary));
    return data;
  }

  /** Reads an export request for the given signal. */
  public Telemetry<?> read(OtlpSignal signal, byte[] buf, int offset, int length) {
    return switch (signal) {
      case LOGS -> logs(buf, offset, length);
      case TRACES -> traces(buf, offset, length);
      case METRICS -> metrics(buf, offset, length);
      case PROFILES -> profiles(buf, offset, length);
    };
  }

  /** The resource of a slice returned by {@link OtlpScanner#resources}. */
  public Resource resource(byte[] buf, int offset, int length) {
    FieldReader f = new FieldReader(names, buf, offset, length);
    ProtoReader r = f.r;
    Resource resource = new Resource();
    while (r.next()) {
      if (r.tag() != (1 << 3 | LENGTH)) {
        r.skip();
        continue;
      }
      int group = r.enter();
      while (r.next()) {
        if (r.tag() == (1 << 3 | LENGTH)) {
          int outer = r.enter();
          resource(f, resource);
          r.leave(outer);
        } else {
          r.skip();
        }
      }
      r.leave(group);
    }
    return resource;
  }

  /** Reads the reader's current message. */
  interface ItemReader<T> {
    T read();
  }

  private static <T extends Item<T>> void request(
      FieldReader f, Telemetry<T> data, ItemReader<T> items) {
    ProtoReader r = f.r;
    while (r.next()) {
      if (r.tag() == (1 << 3 | LENGTH)) {
        int outer = r.enter();
        data.resources().add(resourceGroup(f, items));
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  private static <T extends Item<T>> ResourceGroup<T> resourceGroup(
      FieldReader f, ItemReader<T> items) {
    ProtoReader r = f.r;
    ResourceGroup<T> group = new ResourceGroup<>();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int outer = r.enter();
          resource(f, group.resource());
          r.leave(outer);
        }
        case 2 << 3 | LENGTH -> {
          int outer = r.enter();
          group.scopes().add(scopeGroup(f, items));
          r.leave(outer);
        }
        case 3 << 3 | LENGTH -> group.setSchemaUrl(f.name());
        default -> f.unknown(group);
      }
    }
    return group;
  }

  private static <T extends Item<T>> ScopeGroup<T> scopeGroup(FieldReader f, ItemReader<T> items) {
    ProtoReader r = f.r;
    ScopeGroup<T> group = new ScopeGroup<>();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int outer = r.enter();
          scope(f, group.scope());
          r.leave(outer);
        }
        case 2 << 3 | LENGTH -> {
          int outer = r.enter();
          group.items().add(items.read());
          r.leave(outer);
        }
        case 3 << 3 | LENGTH -> group.setSchemaUrl(f.name());
        default -> f.unknown(group);
      }
    }
    return group;
  }

  private static void resource(FieldReader f, Resource resource) {
    ProtoReader r = f.r;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> f.attribute(resource.attributes());
        case 2 << 3 | VARINT -> resource.setDroppedAttributesCount(r.readInt());
        case 3 << 3 | LENGTH -> {
          int outer = r.enter();
          resource.entityRefs().add(entityRef(f));
          r.leave(outer);
        }
        default -> f.unknown(resource);
      }
    }
  }

  static EntityRef entityRef(FieldReader f) {
    ProtoReader r = f.r;
    EntityRef e = new EntityRef();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> e.setSchemaUrl(f.name());
        case 2 << 3 | LENGTH -> e.setType(f.name());
        case 3 << 3 | LENGTH -> e.idKeys().add(f.name());
        case 4 << 3 | LENGTH -> e.descriptionKeys().add(f.name());
        default -> f.unknown(e);
      }
    }
    return e;
  }

  private static void scope(FieldReader f, Scope scope) {
    ProtoReader r = f.r;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> scope.setName(f.name());
        case 2 << 3 | LENGTH -> scope.setVersion(f.name());
        case 3 << 3 | LENGTH -> f.attribute(scope.attributes());
        case 4 << 3 | VARINT -> scope.setDroppedAttributesCount(r.readInt());
        default -> f.unknown(scope);
      }
    }
  }
}
