@NullMarked
package dev.tethys.insight.costs;

import org.jspecify.annotations.NullMarked;
