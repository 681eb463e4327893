import type { User } from '#client';
import { lazyDialog } from '../ui/lazy-part.tsx';

const DeleteUser = lazyDialog(() => import('./delete-user.tsx').then((module) => module.DeleteUser));
const UserForm = lazyDialog(() => import('./user-form.tsx').then((module) => module.UserForm));

/** The dialog that is open. */
export type UserDialog = { kind: 'create' } | { kind: 'edit'; user: User } | { kind: 'delete'; user: User };

interface UserDialogsProps {
  dialog: UserDialog | undefined;
  onClose: () => void;
  onCreated?: (user: User) => void;
  onDeleted: () => void;
}

export function UserDialogs({ dialog, onClose, onCreated, onDeleted }: UserDialogsProps) {
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'create':
      return <UserForm onClose={onClose} {...(onCreated !== undefined && { onCreated })} />;
    case 'edit':
      return <UserForm user={dialog.user} onClose={onClose} />;
    case 'delete':
      return (
        <DeleteUser
          user={dialog.user}
          onClose={onClose}
          onDeleted={() => {
            onClose();
            onDeleted();
          }}
        />
      );
  }
}
