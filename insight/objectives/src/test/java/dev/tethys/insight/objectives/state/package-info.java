@NullMarked
package dev.tethys.insight.objectives.state;

import org.jspecify.annotations.NullMarked;
