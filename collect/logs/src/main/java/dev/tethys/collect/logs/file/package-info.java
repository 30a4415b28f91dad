/** Log files: which files match, the identity of each, and its read and delivered positions. */
@NullMarked
package dev.tethys.collect.logs.file;

import org.jspecify.annotations.NullMarked;
