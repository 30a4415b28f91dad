/** Answers of the insight API with the lists that a server may leave out when they are empty. */
import type { EntityHealth, Inspection, Objective, Problem, Problems, Source, World } from './types';

type Loose<T> = { [K in keyof T]?: T[K] | null };

const list = <T>(all: T[] | null | undefined): T[] => all ?? [];

const problem = (one: Problem): Problem => ({
  ...one,
  affected: list(one.affected),
  symptoms: list(one.symptoms),
  requests: one.requests ?? null,
  value: one.value ?? null,
  threshold: one.threshold ?? null,
  unit: one.unit ?? '',
});

export const readProblems = (data: Loose<Problems>): Problems => ({
  evaluated: data.evaluated ?? 0,
  problems: list(data.problems).map(problem),
  unknown: list(data.unknown),
  failures: list(data.failures),
});

export const readInspections = (data: { inspections?: Inspection[] | null }): Inspection[] =>
  list(data.inspections);

export const readHealth = (data: { entities?: EntityHealth[] | null }): Map<string, EntityHealth> =>
  new Map(list(data.entities).map((one) => [one.id, { ...one, categories: one.categories ?? {} }]));

export const readObjectives = (data: { objectives?: Objective[] | null }): Objective[] =>
  list(data.objectives).map((one) => ({
    ...one,
    entity: one.entity ?? null,
    ratio: one.ratio ?? null,
    budget: one.budget ?? null,
    burn: list(one.burn),
  }));

export const readSources = (data: { sources?: Source[] | null }): Source[] =>
  list(data.sources).map((one) => ({ ...one, missing: list(one.missing) }));

export const readWorld = (data: Loose<World>): World => ({
  start: data.start ?? '',
  entities: list(data.entities).map((one) => ({
    ...one,
    attributes: one.attributes ?? {},
    keys: list(one.keys),
    series: list(one.series),
  })),
  relations: list(data.relations),
  problems: list(data.problems),
});
