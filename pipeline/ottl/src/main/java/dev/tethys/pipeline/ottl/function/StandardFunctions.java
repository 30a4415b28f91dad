package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.OttlFunction;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Registry of the functions in this package. */
public final class StandardFunctions {
  private StandardFunctions() {}

  public static List<OttlFunction> all(InstantSource clock) {
    List<OttlFunction> all = new ArrayList<>();
    all.addAll(MapEditors.all());
    all.addAll(ReplaceEditors.all());
    all.addAll(TypeConverters.all());
    all.addAll(StringConverters.all());
    all.addAll(Encodings.all());
    all.addAll(HashConverters.all());
    all.addAll(TimeConverters.all(clock));
    all.addAll(IdConverters.all(clock));
    all.addAll(ParseConverters.all());
    all.addAll(PatternConverters.all());
    all.addAll(XmlConverters.all());
    all.addAll(ListConverters.all());
    all.addAll(LambdaConverters.all());
    all.addAll(NetConverters.all());
    return all;
  }
}
