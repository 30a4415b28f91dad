/** Expressions of CEL about JSON documents, compiled by Google's cel-java. */
@NullMarked
package dev.tethys.collect.exporter.cel;

import org.jspecify.annotations.NullMarked;
