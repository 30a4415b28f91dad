package dev.tethys.collect.logs.file;

import dev.tethys.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * Files to be read, and the labels of what they say.
 *
 * @param path which files
 * @param exclude which of them not
 * @param labels of every line, the name of its file still missing
 */
public record FileTarget(Glob path, @Nullable Glob exclude, Labels labels) {}
