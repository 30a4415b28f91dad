/**
 * Log messages of containers: levels, multi-line messages and patterns, under the rules of Coroot.
 *
 * <p>{@code MessageJoiner} joins the lines of one source, {@code LogLevel} guesses the level of a
 * message, {@code LogPatterns} counts messages by container, level and pattern.
 */
@NullMarked
package dev.tethys.collect.observe.logs;

import org.jspecify.annotations.NullMarked;
