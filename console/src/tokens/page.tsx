import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Token } from '#client';
import { api } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { useList } from '../api/use-list.ts';
import { type ItemProps, useItemKeys } from '../app/use-item-keys.ts';
import { t } from '../i18n/t.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { DateTime, useMinute } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { lazyDialog } from '../ui/lazy-part.tsx';
import { ListStates } from '../ui/list-states.tsx';
import { Menu } from '../ui/menu.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { SecretDialog, type ShownSecret } from '../ui/secret-dialog.tsx';
import table from '../ui/table.module.css';

const CreateDialog = lazyDialog(() => import('./create-dialog.tsx').then((module) => module.CreateDialog));

/** What an administrator is asked about a token. */
type Question = { ask: 'rotate' | 'revoke'; token: Token };

/** Tokens: create, rotate, revoke. `?new` opens the form. */
export function Page() {
  const search = useSearch({ strict: false }) as { new?: string };
  const navigate = useNavigate();
  const { query, items } = useList(['token', 'page'], '-tokenId', (page) => api.tokens.listPage(page));
  const [question, setQuestion] = useState<Question>();
  const [secret, setSecret] = useState<ShownSecret>();
  const openForm = (isOpen: boolean) =>
    void navigate({ to: '/tokens', search: { new: isOpen ? '1' : undefined } as never, replace: !isOpen });
  const createButton = (
    <Button look="primary" icon="plus" onClick={() => openForm(true)}>
      {t('tokens.create')}
    </Button>
  );

  return (
    <>
      <PageHeader
        title={t('tokens.title')}
        description={
          <>
            {t('tokens.description')} <Link to="/audit">{t('tokens.auditLink')}</Link>
          </>
        }
      >
        {createButton}
      </PageHeader>
      <ListStates
        query={query}
        isEmpty={items.length === 0}
        empty={
          <EmptyState title={t('tokens.empty')} actions={createButton}>
            {t('tokens.emptyHint')}
          </EmptyState>
        }
      >
        <TokenTable tokens={items} onAsk={setQuestion} />
      </ListStates>
      {search.new !== undefined && (
        <CreateDialog
          onClose={() => openForm(false)}
          onCreated={({ tokenId, token }) => {
            openForm(false);
            setSecret({
              title: t('tokens.issued', { id: String(tokenId) }),
              hint: t(token === undefined ? 'tokens.issuedLost' : 'tokens.issuedHint'),
              label: t('tokens.token'),
              value: token,
            });
            void query.refetch();
          }}
        />
      )}
      {question !== undefined && (
        <TokenQuestion
          {...question}
          onClose={() => setQuestion(undefined)}
          onDone={(shown) => {
            setSecret(shown);
            void query.refetch();
          }}
        />
      )}
      {secret !== undefined && <SecretDialog {...secret} onClose={() => setSecret(undefined)} />}
    </>
  );
}

const tokenIdOf = ({ tokenId }: Token) => tokenId;

/** Enter opens the menu of the token at the cursor. */
function TokenTable({ tokens, onAsk }: { tokens: Token[]; onAsk: (question: Question) => void }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const itemProps = useItemKeys(tokens, tokenIdOf, (token) => {
    const row = body.current?.rows[tokens.indexOf(token)];
    row?.querySelector('button')?.click();
  });
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>{t('tokens.name')}</th>
          <th>{t('tokens.scopes')}</th>
          <th>{t('tokens.user')}</th>
          <th>{t('tokens.plan')}</th>
          <th>{t('tokens.lastUsed')}</th>
          <th>{t('tokens.state')}</th>
          <th className={table.end}>
            <span className="visually-hidden">{t('ui.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {tokens.map((token, index) => (
          <TokenRow key={token.tokenId} token={token} item={itemProps(index)} onAsk={onAsk} />
        ))}
      </tbody>
    </table>
  );
}

interface TokenRowProps {
  token: Token;
  item: ItemProps;
  onAsk: (question: Question) => void;
}

function TokenRow({ token, item, onAsk }: TokenRowProps) {
  const { tokenId, name, scopes, plan, userId, lastUsedAt, revokedAt } = token;
  return (
    <tr {...item}>
      <td>
        <strong>{name}</strong> <span className={table.soft}>#{tokenId}</span>
      </td>
      <td className={table.soft}>{scopes.join(', ')}</td>
      <td className={table.nowrap} data-label={t('tokens.user')}>
        {userId === undefined ? (
          <span className={table.soft}>{t('tokens.serviceToken')}</span>
        ) : (
          <UserLink id={userId} />
        )}
      </td>
      <td className={table.soft} data-label={t('tokens.plan')}>
        {plan}
      </td>
      <td className={`${table.soft} ${table.nowrap}`} data-label={t('tokens.lastUsed')}>
        {lastUsedAt === undefined ? t('ui.never') : <DateTime value={lastUsedAt} form="relative" />}
      </td>
      <td className={table.nowrap}>
        <TokenState token={token} />
      </td>
      <td className={table.end}>
        {revokedAt === undefined && (
          <Menu
            align="end"
            trigger={<IconButton icon="more" name={t('tokens.actionsOf', { name })} />}
            groups={[
              {
                actions: [
                  { label: t('tokens.rotate'), icon: 'refresh', run: () => onAsk({ ask: 'rotate', token }) },
                  {
                    label: t('tokens.revoke'),
                    icon: 'trash',
                    isDanger: true,
                    run: () => onAsk({ ask: 'revoke', token }),
                  },
                ],
              },
            ]}
          />
        )}
      </td>
    </tr>
  );
}

function UserLink({ id }: { id: number }) {
  return <Link to={`/users/${id}` as string}>#{id}</Link>;
}

function TokenState({ token: { revokedAt, expiresAt } }: { token: Token }) {
  const now = useMinute();
  if (revokedAt !== undefined) return <Badge look="neutral">{t('tokens.revoked')}</Badge>;
  if (expiresAt === undefined) return <Badge look="success">{t('tokens.active')}</Badge>;
  if (Date.parse(expiresAt) <= now) return <Badge look="warning">{t('tokens.expired')}</Badge>;
  return (
    <Badge look="success">
      {t('tokens.expires')} <DateTime value={expiresAt} form="relative" />
    </Badge>
  );
}

interface TokenQuestionProps extends Question {
  onClose: () => void;
  /** Called with the new secret of a rotation. */
  onDone: (secret: ShownSecret | undefined) => void;
}

function TokenQuestion({ ask, token: { tokenId, name }, onClose, onDone }: TokenQuestionProps) {
  const { caller } = useSession();
  const isOwn = caller.actor === String(tokenId);
  if (ask === 'revoke') {
    const revoke = async () => {
      await api.tokens.revoke(tokenId);
      onDone(undefined);
    };
    return (
      <ConfirmDialog
        title={t('tokens.revokeTitle', { name })}
        description={`${t('tokens.revokeText')} ${isOwn ? t('tokens.revokeOwn') : ''}`}
        action={t('tokens.revoke')}
        isDanger
        {...{ run: revoke, onClose }}
      />
    );
  }
  const rotate = async () => {
    const { token, previousTokenValidUntil } = await api.tokens.rotate(tokenId);
    onDone({
      title: t('tokens.rotated', { id: String(tokenId) }),
      hint: t('tokens.rotatedHint', { time: new Date(previousTokenValidUntil).toLocaleString() }),
      label: t('tokens.token'),
      value: token,
    });
  };
  return (
    <ConfirmDialog
      title={t('tokens.rotateTitle', { name })}
      description={t('tokens.rotateText')}
      action={t('tokens.rotate')}
      {...{ run: rotate, onClose }}
    />
  );
}
