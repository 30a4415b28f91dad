/**
 * What formats that bring points one by one have in common: where a point goes, what became of
 * those that were refused, and how their names become names of metrics and labels.
 */
@NullMarked
package dev.tethys.codec.points;

import org.jspecify.annotations.NullMarked;
