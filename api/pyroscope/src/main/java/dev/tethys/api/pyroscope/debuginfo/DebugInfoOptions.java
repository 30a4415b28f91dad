package dev.tethys.api.pyroscope.debuginfo;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of symbolisation.
 *
 * @param maxBytes of all files in the store
 * @param maxFileBytes of one file
 * @param local whether files of this machine are read, at the path of a mapping and below
 *     /usr/lib/debug
 * @param upstream debuginfod server for missing files; null if none
 * @param timeout of a request to it
 */
public record DebugInfoOptions(
    long maxBytes, long maxFileBytes, boolean local, @Nullable URI upstream, Duration timeout) {}
