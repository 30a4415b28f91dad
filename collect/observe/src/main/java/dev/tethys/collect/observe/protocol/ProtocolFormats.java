package dev.tethys.collect.observe.protocol;

import java.util.List;

/** Formats of a module outside the core, found by {@link java.util.ServiceLoader}. */
@FunctionalInterface
public interface ProtocolFormats {
  List<ProtocolFormat> all();
}
