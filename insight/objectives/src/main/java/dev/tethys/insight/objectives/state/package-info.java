/** States of objectives: ratios, burn rates and remaining error budgets out of stored series. */
@NullMarked
package dev.tethys.insight.objectives.state;

import org.jspecify.annotations.NullMarked;
