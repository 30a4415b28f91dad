@NullMarked
package dev.tethys.insight.objectives;

import org.jspecify.annotations.NullMarked;
