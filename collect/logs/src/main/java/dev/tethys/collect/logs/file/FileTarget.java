package dev.tethys.collect.logs.file;

import dev.tethys.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * Files to be read, and the labels of their lines.
 *
 * @param path pattern of the files
 * @param exclude pattern of files to omit
 * @param labels labels of every line, without the file name
 */
public record FileTarget(Glob path, @Nullable Glob exclude, Labels labels) {}
