@NullMarked
package dev.tethys.insight.graph;

import org.jspecify.annotations.NullMarked;
