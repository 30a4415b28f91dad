package dev.tethys.api.pyroscope.debuginfo;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Symbolisation settings.
 *
 * @param maxBytes maximum total size of the files in the store
 * @param maxFileBytes maximum size of a single file
 * @param local whether files of this machine are read, at the path of a mapping and below
 *     /usr/lib/debug
 * @param upstream debuginfod server for missing files; null if none
 * @param timeout timeout of a request to the upstream server
 */
public record DebugInfoOptions(
    long maxBytes, long maxFileBytes, boolean local, @Nullable URI upstream, Duration timeout) {}
