package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Arguments.Lambda;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Indexing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Converters that accept lambdas. */
final class LambdaConverters {
  private LambdaConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        over(
            "All",
            Type.BOOL,
            (items, f, at) -> {
              for (int i = 0; i < items.size(); i++) {
                if (!f.test(at, items.key(i), items.value(i))) {
                  return false;
                }
              }
              return true;
            }),
        over(
            "Any",
            Type.BOOL,
            (items, f, at) -> {
              for (int i = 0; i < items.size(); i++) {
                if (f.test(at, items.key(i), items.value(i))) {
                  return true;
                }
              }
              return false;
            }),
        over(
            "Filter",
            Type.ANY,
            (items, f, at) -> {
              Items kept = items.like();
              for (int i = 0; i < items.size(); i++) {
                if (f.test(at, items.key(i), items.value(i))) {
                  kept.add(items.key(i), items.value(i));
                }
              }
              return kept.result();
            }),
        over(
            "MapEach",
            Type.ANY,
            (items, f, at) -> {
              Items mapped = items.like();
              for (int i = 0; i < items.size(); i++) {
                mapped.add(items.key(i), f.call(at, items.key(i), items.value(i)));
              }
              return mapped.result();
            }),
        OttlFunction.converter("MapKeys", Type.MAP)
            .takes("source", ParameterKind.MAP)
            .takes("key_mapper", ParameterKind.LAMBDA_2)
            .made(LambdaConverters::mapKeys),
        OttlFunction.converter("Find", Type.ANY)
            .takes("source", ParameterKind.ANY)
            .takes("predicate", ParameterKind.LAMBDA_2)
            .mayTake("mapper", ParameterKind.LAMBDA_2)
            .made(LambdaConverters::find),
        OttlFunction.converter("Reduce", Type.ANY)
            .takes("source", ParameterKind.ANY)
            .takes("seed", ParameterKind.ANY)
            .takes("accumulator", ParameterKind.LAMBDA_3)
            .made(LambdaConverters::reduce),
        OttlFunction.converter("When", Type.ANY)
            .takes("condition", ParameterKind.LAMBDA_0)
            .takes("true_value", ParameterKind.ANY)
            .takes("false_value", ParameterKind.ANY)
            .made(
                a -> {
                  Lambda condition = a.lambda(0);
                  OttlExpr then = a.expr(1);
                  OttlExpr otherwise = a.expr(2);
                  return at -> condition.test(at) ? then.get(at) : otherwise.get(at);
                }));
  }

  private interface Over {
    @Nullable Object of(Items items, Lambda f, Cursor at);
  }

  private static OttlFunction over(String name, Type result, Over over) {
    return OttlFunction.converter(name, result)
        .takes("source", ParameterKind.ANY)
        .takes("function", ParameterKind.LAMBDA_2)
        .or(name.equals("MapEach") ? "mapper" : "predicate")
        .made(
            a -> {
              OttlExpr source = a.expr(0);
              Lambda f = a.lambda(1);
              return at -> over.of(Items.of(source.get(at)), f, at);
            });
  }

  /** Items of a list by index, or of a map by key. */
  private record Items(@Nullable ArrayValue list, @Nullable Attributes map) {
    static Items of(@Nullable Object source) {
      return switch (source) {
        case ArrayValue l -> new Items(l, null);
        case Attributes m -> new Items(null, m);
        case null, default ->
            throw new EvaluationException(
                "the source is of type " + Type.of(source).text() + ", not a list or a map");
      };
    }

    Items like() {
      return list != null ? new Items(new ArrayValue(), null) : new Items(null, new Attributes());
    }

    int size() {
      return list != null ? list.size() : java.util.Objects.requireNonNull(map).size();
    }

    Object key(int i) {
      return list != null ? (Object) (long) i : java.util.Objects.requireNonNull(map).key(i);
    }

    @Nullable Object value(int i) {
      return list != null ? list.get(i) : java.util.Objects.requireNonNull(map).value(i);
    }

    void add(Object key, @Nullable Object value) {
      Object stored = Indexing.storable(value);
      if (list != null) {
        list.add(stored);
      } else {
        java.util.Objects.requireNonNull(map).add((String) key, stored);
      }
    }

    Object result() {
      return list != null ? list : java.util.Objects.requireNonNull(map);
    }
  }

  private static OttlExpr.Getter mapKeys(Arguments a) {
    OttlExpr source = a.expr(0);
    Lambda f = a.lambda(1);
    return at -> {
      Attributes m = (Attributes) MapEditors.require(source.get(at));
      MapBuilder result = new MapBuilder();
      for (int i = 0; i < m.size(); i++) {
        if (!(f.call(at, m.key(i), m.value(i)) instanceof String key)) {
          throw new EvaluationException("the lambda does not give a string");
        }
        result.put(key, Indexing.storable(m.value(i)));
      }
      return result.build();
    };
  }

  private static OttlExpr.Getter find(Arguments a) {
    OttlExpr source = a.expr(0);
    Lambda predicate = a.lambda(1);
    Lambda mapper = a.optionalLambda(2);
    return at -> {
      Items items = Items.of(source.get(at));
      for (int i = 0; i < items.size(); i++) {
        Object key = items.key(i);
        Object value = items.value(i);
        if (predicate.test(at, key, value)) {
          return mapper == null ? value : mapper.call(at, key, value);
        }
      }
      return null;
    };
  }

  private static OttlExpr.Getter reduce(Arguments a) {
    OttlExpr source = a.expr(0);
    OttlExpr seed = a.expr(1);
    Lambda f = a.lambda(2);
    return at -> {
      Items items = Items.of(source.get(at));
      Object gathered = seed.get(at);
      for (int i = 0; i < items.size(); i++) {
        gathered = f.call(at, gathered, items.key(i), items.value(i));
      }
      return gathered;
    };
  }
}
