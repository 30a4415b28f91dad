/** Relabelling: rules that rewrite or drop label sets. */
@NullMarked
package dev.tethys.model.relabel;

import org.jspecify.annotations.NullMarked;
