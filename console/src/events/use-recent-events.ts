import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ApiEvent } from '#client';
import { api } from '../api/client.ts';
import { lastEvent } from '../live/stream.ts';

/** How many events are read at first, and how many are kept. */
const FIRST_EVENTS = 100;
const MAX_EVENTS = 500;

/** The latest events, newest first. While it is paused, new ones wait. */
export function useRecentEvents(isPaused: boolean) {
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['event', 'recent'],
    queryFn: async () => {
      const last = await api.events.last();
      return (await api.events.listPage({ after: Math.max(0, last - FIRST_EVENTS), perPage: FIRST_EVENTS })).items;
    },
    staleTime: 0,
    gcTime: 0,
  });
  const [arrived, setArrived] = useState<readonly ApiEvent[]>([]);
  useEffect(
    () =>
      lastEvent.subscribe(() => {
        const event = lastEvent.get();
        if (event !== undefined) setArrived((events) => [...events, event].slice(-MAX_EVENTS));
      }),
    [],
  );
  const all = [...new Map([...(data ?? []), ...arrived].map((event) => [event.sequence, event])).values()];
  const sorted = all.sort((a, b) => b.sequence - a.sequence).slice(0, MAX_EVENTS);
  const [shown, setShown] = useState<readonly ApiEvent[]>();
  if (!isPaused && shown !== undefined) setShown(undefined);
  if (isPaused && shown === undefined) setShown(sorted);
  const waiting =
    shown === undefined ? 0 : sorted.filter(({ sequence }) => sequence > (shown[0]?.sequence ?? 0)).length;
  return { events: shown ?? sorted, waiting, isPending, error, refetch };
}
