import fc from '../support/fast-check.ts';
import { batchDelete, batchPatch, batchTasks, batchUsers } from './batches.ts';
import type { Model } from './model.ts';
import { getRow, goOn, hold, listRows, misuse, streamRows } from './reads.ts';
import { idOf, type Service } from './service.ts';
import { anyStep, firstTasks, firstUsers, type Step } from './steps.ts';
import { createTask, createTasks, createUser, deleteRow, patchTask, patchUser, raceUsers } from './writes.ts';

/** How many steps a sequence has at most, besides those that create its first users and tasks. */
const MAX_STEPS = 40;

export type Command = fc.AsyncCommand<Model, Service>;

/** Sends the requests of a step and compares the responses with the model. */
class StepCommand implements Command {
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  check(): boolean {
    return true;
  }

  run(_model: Model, service: Service): Promise<void> {
    return runStep(service, this.#step);
  }

  toString(): string {
    return fc.stringify(this.#step);
  }
}

const toCommand = (step: Step): Command => new StepCommand(step);

/** Most steps need users and tasks, so sequences start with some. */
export const firstCommands: fc.Arbitrary<Command[]> = fc
  .tuple(firstUsers, firstTasks)
  .map((steps) => steps.flat().map(toCommand));

export const commands: fc.Arbitrary<Iterable<Command>> = fc.commands([anyStep.map(toCommand)], {
  maxCommands: MAX_STEPS,
  size: 'max',
});

async function runStep(service: Service, step: Step): Promise<void> {
  switch (step.do) {
    case 'createUser':
      return createUser(service, step);
    case 'raceUsers':
      return raceUsers(service, step);
    case 'patchUser':
      return patchUser(service, step);
    case 'createTask':
      return createTask(service, step);
    case 'createTasks':
      return createTasks(service, step);
    case 'patchTask':
      return patchTask(service, step);
    case 'batchUsers':
      return batchUsers(service, step);
    case 'batchTasks':
      return batchTasks(service, step);
    case 'batchPatch':
      return batchPatch(service, step);
    case 'batchDelete':
      return batchDelete(service, step);
    case 'get':
      return getRow(service, step);
    case 'delete':
      return deleteRow(service, step.kind, idOf(service, step.kind, step.which));
    case 'turnClock':
      service.clock.now += step.by;
      return;
    case 'list':
      return listRows(service, step);
    case 'stream':
      return streamRows(service, step);
    case 'hold':
      return hold(service, step);
    case 'goOn':
      return goOn(service, step);
    case 'misuse':
      return misuse(service, step);
  }
}
