/** JSON in log lines: read strictly and quickly, written as Go writes it. */
@NullMarked
package dev.tethys.codec.json.tree;

import org.jspecify.annotations.NullMarked;
