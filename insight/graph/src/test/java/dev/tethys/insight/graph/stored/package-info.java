@NullMarked
package dev.tethys.insight.graph.stored;

import org.jspecify.annotations.NullMarked;
