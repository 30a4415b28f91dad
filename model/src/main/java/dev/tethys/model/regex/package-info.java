/**
 * Regular expressions in RE2's syntax, matched in linear time over UTF-8 bytes and strings.
 *
 * <p>An expression is parsed into a tree ({@code RegexParser}), its literals are searched first
 * ({@code Literals}), and the rest runs as an automaton over bytes whose states are built when they
 * are needed ({@code Dfa}). Syntax, meaning and error messages are those of Go's {@code regexp}.
 */
@NullMarked
package dev.tethys.model.regex;

import org.jspecify.annotations.NullMarked;
