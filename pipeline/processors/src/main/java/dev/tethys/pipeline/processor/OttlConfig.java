package dev.tethys.pipeline.processor;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlException;
import java.util.List;
import java.util.function.Supplier;

/** Reads OTTL from configurations and reports errors with their position in the file. */
public final class OttlConfig {
  /** {@code error_mode}. */
  public static final Type<ErrorMode> ERROR_MODE = Type.lowerCase("error mode", ErrorMode.class);

  /** Context name. */
  public static final Type<OttlContext> CONTEXT = Type.of("context", null, OttlConfig::context);

  private OttlConfig() {}

  private static OttlContext context(YamlNode n) {
    OttlContext c = OttlContext.of(n.asString());
    if (c == null) {
      throw n.error(
          "unknown context \""
              + n.asString()
              + "\"; it must be one of resource, scope, log, span, spanevent, spanlink, metric, "
              + "datapoint,"
              + " exemplar, profile and profilesample");
    }
    return c;
  }

  /** Returns the contexts of a signal, inner ones first. */
  public static List<OttlContext> contexts(Signal signal) {
    return switch (signal) {
      case LOGS -> OttlContext.LOGS;
      case TRACES -> OttlContext.TRACES;
      case METRICS -> OttlContext.METRICS;
      case PROFILES -> OttlContext.PROFILES;
    };
  }

  /** Loads a value and adds the position in the file to errors. */
  public static <T> T load(YamlNode at, Supplier<T> loading) {
    try {
      return loading.get();
    } catch (OttlException e) {
      throw (ConfigException) at.error(String.valueOf(e.getMessage())).initCause(e);
    }
  }
}
